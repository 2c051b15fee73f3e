// Runs queries in the search of the pages that rustdoc writes, as a browser would: given the folder and the crate, with the
// queries as a JSON array in the standard input. Prints a JSON array with the links that each query finds, best first.
"use strict";

const fs = require("fs");
const path = require("path");

const [folder, crate] = process.argv.slice(-2);
const read = (...parts) => fs.readFileSync(path.join(folder, ...parts), "utf8");
const script = prefix => {
    const files = fs.readdirSync(path.join(folder, "static.files"));
    const file = files.find(name => name.startsWith(prefix) && name.endsWith(".js"));
    return require(path.resolve(folder, "static.files", file));
};

// The pages define it in another script.
globalThis.nonnull = (value, message) => {
    if (value === null) {
        throw new Error(message || "unexpected null");
    }
    return value;
};

async function main() {
    const { Stringdex, RoaringBitmap } = script("stringdex-");
    const { initSearch } = script("search-");
    const load = text => (0, eval)(text);
    const { docSearch, DocSearch } = await initSearch(Stringdex, RoaringBitmap, {
        loadRoot: callbacks => {
            Object.assign(globalThis, callbacks);
            load(read("search.index", "root.js"));
        },
        loadTreeByHash: hash => load(read("search.index", `${hash}.js`)),
        loadDataByNameAndHash: (name, hash) => load(read("search.index", name, `${hash}.js`)),
    });
    const found = [];
    for (const query of JSON.parse(fs.readFileSync(0, "utf8"))) {
        const results = await docSearch.execQuery(DocSearch.parseQuery(query), crate, crate);
        const items = [];
        for await (const result of results.others) {
            items.push(result.href);
        }
        found.push(items);
    }
    console.log(JSON.stringify(found));
}

main().catch(error => {
    console.error(error);
    process.exit(1);
});
