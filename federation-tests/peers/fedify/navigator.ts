// Fedify's engine expects Node 22, of which Node 20 lacks only `navigator`. Imported first, so that Fedify finds it.
if (!('navigator' in globalThis)) Object.defineProperty(globalThis, 'navigator', { value: { userAgent: `Node.js/${process.version}` } })
