// Stands in for the real "request", which activitypub-express lists but Communer never lets it use (see server/protocol/apex.ts).
module.exports = new Proxy(function stub() {}, {
  get: (_target, key) => {
    if (typeof key === 'symbol' || key === '__esModule' || key === 'then') return undefined
    return () => {
      throw new Error('request is replaced by a stub: use protocol/fetch, protocol/verify or db/store')
    }
  },
  apply: () => {
    throw new Error('request is replaced by a stub: use protocol/fetch, protocol/verify or db/store')
  }
})
