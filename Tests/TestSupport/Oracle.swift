import Foundation

/// One record of the shared oracle file, read leniently: tests name the field and get a number, a list or a trap that says which is missing.
public struct Oracle: @unchecked Sendable {
  public struct Absent: Error {
    public let id: String
  }

  // JSONSerialization's containers are immutable values of Foundation classes.
  private let value: Any
  private let path: String

  /// The record of that id; call only where `SharedData.has("reference/oracles.json")`.
  public init(_ id: String) throws {
    guard let url = SharedData.url("reference/oracles.json") else { throw Absent(id: id) }
    let records = try JSONSerialization.jsonObject(with: Data(contentsOf: url)) as? [[String: Any]] ?? []
    guard let record = records.first(where: { $0["id"] as? String == id }) else { throw Absent(id: id) }
    self.init(record, id)
  }

  private init(_ value: Any, _ path: String) {
    self.value = value
    self.path = path
  }

  public var inputs: Oracle { self["inputs"] }
  public var expected: Oracle { self["expected"] }

  public subscript(_ key: String) -> Oracle {
    guard let next = (value as? [String: Any])?[key] else { preconditionFailure("\(path) has no \(key)") }
    return Oracle(next, path + "." + key)
  }

  public subscript(_ index: Int) -> Oracle { array[index] }

  public func has(_ key: String) -> Bool {
    guard let found = (value as? [String: Any])?[key] else { return false }
    return !(found is NSNull)
  }

  public var number: Double {
    guard let number = value as? NSNumber else { preconditionFailure("\(path) is no number") }
    return number.doubleValue
  }

  public var text: String {
    guard let text = value as? String else { preconditionFailure("\(path) is no text") }
    return text
  }

  public var array: [Oracle] {
    guard let list = value as? [Any] else { preconditionFailure("\(path) is no list") }
    return list.enumerated().map { Oracle($1, path + "[\($0)]") }
  }

  public var numbers: [Double] { array.map(\.number) }
}
