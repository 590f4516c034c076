// Checks queries in M by Microsoft's own language service. Reads {library, queries} as JSON, by the names of the queries;
// writes for each query what is wrong with it. The packages are found by NODE_PATH.
"use strict";

const parser = require("@microsoft/powerquery-parser");
const service = require("@microsoft/powerquery-language-services");

const FUNCTION = 3;
const CONSTANT = 21;

function symbol(name, type, parameters) {
    const kind = parameters === null ? CONSTANT : FUNCTION;
    return {
        name, type, documentation: null, functionParameters: parameters, completionItemKind: kind, isDataSource: false,
    };
}

function parameter(text, index) {
    const type = text.replace("optional ", "");
    const isNullable = type.startsWith("nullable ") || type === "any";
    return {
        name: `p${index}`, type, isRequired: !text.startsWith("optional "), isNullable, caption: null, description: null,
        sampleValues: null, allowedValues: null, defaultValue: null, fields: null, enumNames: null, enumCaptions: null,
    };
}

function libraryOf({ functions, constants }) {
    const symbols = [
        ...Object.entries(functions).map(([name, [type, ...takes]]) => symbol(name, type, takes.map(parameter))),
        ...Object.entries(constants).map(([name, type]) => symbol(name, type, null)),
    ];
    const made = service.LibrarySymbolUtils.createLibrary(symbols, () => new Map(), undefined);
    if (parser.ResultUtils.isError(made)) throw new Error(JSON.stringify(made.error.failedLibrarySymbolConversions));
    return made.value;
}

async function check(name, text, library) {
    const inspectionSettings = {
        ...parser.DefaultSettings,
        isWorkspaceCacheAllowed: false,
        library,
        eachScopeById: undefined,
        typeStrategy: service.TypeStrategy.Primitive,
    };
    const analysisSettings = {
        inspectionSettings,
        isWorkspaceCacheAllowed: false,
        initialCorrelationId: undefined,
        traceManager: parser.Trace.NoOpTraceManagerInstance,
    };
    const validationSettings = {
        ...inspectionSettings,
        cancellationToken: undefined,
        checkForDuplicateIdentifiers: true,
        checkInvokeExpressions: true,
        checkUnknownIdentifiers: true,
        isWorkspaceCacheAllowed: false,
        source: "check",
    };
    const validated = await service.validate(
        service.textDocument(name, 1, text), analysisSettings, validationSettings,
    );
    if (parser.ResultUtils.isError(validated)) throw validated.error;
    return (validated.value?.diagnostics ?? [])
        .map(({ message, range }) => `line ${range.start.line + 1}: ${message}`);
}

async function main() {
    const { library, queries } = JSON.parse(require("fs").readFileSync(0, "utf-8"));
    const known = libraryOf(library);
    const found = {};
    for (const [name, text] of Object.entries(queries)) found[name] = await check(name, text, known);
    process.stdout.write(JSON.stringify(found));
}

main();
