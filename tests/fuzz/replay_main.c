/* tests/fuzz/replay_main.c — runs a harness over the files of the given folders, so that the seed corpus is an ordinary test
 * and a finding can be replayed: replay_<thing> FOLDER… */
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* True if `path` is a file and was run. */
static int run_file(const char *path)
{
    struct stat info;
    FILE *file = fopen(path, "rb");
    if (file == NULL || fstat(fileno(file), &info) != 0 || !S_ISREG(info.st_mode)) {
        if (file != NULL) (void)fclose(file);
        return 0;
    }
    uint8_t *data = malloc((size_t)info.st_size + 1);
    size_t size = data == NULL ? 0 : fread(data, 1, (size_t)info.st_size, file);
    (void)fclose(file);
    (void)LLVMFuzzerTestOneInput(data, size);
    free(data);
    return 1;
}

int main(int argc, char **argv)
{
    int count = 0;
    for (int i = 1; i < argc; i++) {
        DIR *folder = opendir(argv[i]);
        if (folder == NULL) {
            count += run_file(argv[i]);
            continue;
        }
        for (struct dirent *entry; (entry = readdir(folder)) != NULL;) {
            char path[4096];
            (void)snprintf(path, sizeof path, "%s/%s", argv[i], entry->d_name);
            count += run_file(path);
        }
        (void)closedir(folder);
    }
    (void)printf("%d inputs\n", count);
    return count > 0 ? 0 : 1;
}
