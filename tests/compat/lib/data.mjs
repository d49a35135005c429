// Words for sequences: values as Parse writes them, and the requests that nearly every sequence makes.
export const pointer = (className, objectId) => ({ __type: 'Pointer', className, objectId });
export const date = (iso) => ({ __type: 'Date', iso });
export const geo = (latitude, longitude) => ({ __type: 'GeoPoint', latitude, longitude });
export const polygon = (...coordinates) => ({ __type: 'Polygon', coordinates });
export const bytes = (base64) => ({ __type: 'Bytes', base64 });
export const file = (name) => ({ __type: 'File', name });
export const op = (__op, rest = {}) => ({ __op, ...rest });

/** `save` is the variable for the new id; in get, put and remove `id` is the variable that holds it. */
export const create = (className, body, save, more) => ({ call: `POST /classes/${className}`, body, save: save && { [save]: 'objectId' }, ...more });
export const get = (className, id, query, more) => ({ call: `GET /classes/${className}/<${id}>`, query, ...more });
export const put = (className, id, body, more) => ({ call: `PUT /classes/${className}/<${id}>`, body, ...more });
export const remove = (className, id, more) => ({ call: `DELETE /classes/${className}/<${id}>`, ...more });
export const find = (className, where, query, more) => ({ call: `GET /classes/${className}`, query: { ...(where === undefined ? {} : { where }), ...query }, ...more });
export const schema = (className, body, method = 'POST') => ({ call: `${method} /schemas/${className}`, as: 'master', body });

/** A new user; saves the id as <name>Id and the session token as <name>, which `as` takes. */
export const signUp = (name, more = {}) => ({
    call: 'POST /users',
    body: { username: name, password: `${name}-secret1`, ...more },
    save: { [name]: 'sessionToken', [`${name}Id`]: 'objectId' },
});
