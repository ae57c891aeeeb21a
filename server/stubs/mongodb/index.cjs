// Stands in for the real "mongodb": activitypub-express only asks it whether a value is an ObjectId. Ours never is.
module.exports = {
  ObjectId: class ObjectId {
    static isValid() {
      return false
    }
  }
}
