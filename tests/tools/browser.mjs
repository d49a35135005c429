// A headless Chromium and what the tests of web tools do with it: find by text, click, type, take a picture.
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';

import puppeteer from 'puppeteer-core';

const PROGRAM = process.env.CHROMIUM ?? '/usr/bin/chromium';
const WAIT_MS = 30_000;
const NO_OUTSIDE = '--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost'; // fonts of elsewhere fail at once, and everywhere alike

/** A fresh browser with one page. Chromium has no sandbox for root, and needs none for pages of our own. */
export async function openBrowser() {
    const browser = await puppeteer.launch({ executablePath: PROGRAM, headless: true, args: ['--no-sandbox', '--disable-dev-shm-usage', NO_OUTSIDE], defaultViewport: { width: 1400, height: 800 } });
    const page = await browser.newPage();
    page.setDefaultTimeout(WAIT_MS);
    page.on('dialog', (dialog) => dialog.accept()); // "leave this page?"
    return new Browser(browser, page);
}

class Browser {
    constructor(browser, page) {
        this.browser = browser;
        this.page = page;
    }

    goto(url) {
        return this.page.goto(url, { waitUntil: 'domcontentloaded' });
    }

    /** The element with exactly this text; the last one on the page, which is the one on top, or the n-th. */
    text(text, nth = 'last()') {
        return this.page.locator(`::-p-xpath((//*[normalize-space(text())="${text}"])[${nth}])`);
    }

    /** Waits until the page shows this text somewhere. */
    sees(text) {
        return this.page.waitForFunction((wanted) => document.body.innerText.includes(wanted), {}, text);
    }

    async type(text, { over = false } = {}) {
        if (over) {
            await this.page.keyboard.down('Control');
            await this.page.keyboard.press('a');
            await this.page.keyboard.up('Control');
        }
        await this.page.keyboard.type(text);
    }

    /** The box behind its label, the first of that name. */
    box(label) {
        return this.page.locator(`::-p-xpath((//span[normalize-space(text())="${label}"])[1]/following-sibling::span[1])`);
    }

    async screenshot(name) {
        if (!process.env.HOMEPORT_SCREENSHOTS) return;
        mkdirSync(process.env.HOMEPORT_SCREENSHOTS, { recursive: true });
        await this.page.screenshot({ path: join(process.env.HOMEPORT_SCREENSHOTS, `${name}.png`) });
    }

    close() {
        return this.browser.close();
    }
}
