/// What one subscription tells after a step.
public struct TraCISubscriptionResult: Equatable, Sendable {
  /// An object and the variables asked for, in the order of the subscription; a variable that SUMO could not give is absent.
  public struct Object: Equatable, Sendable {
    public var id: String
    public var values: [(variable: UInt8, value: TraCIValue)]

    public static func == (a: Object, b: Object) -> Bool {
      a.id == b.id && a.values.elementsEqual(b.values) { $0.variable == $1.variable && $0.value == $1.value }
    }

    public subscript(_ variable: UInt8) -> TraCIValue? { values.first { $0.variable == variable }?.value }
  }

  /// The answer's identifier: the subscription's command plus 0x10.
  public var response: UInt8
  /// The object that was subscribed to (or around).
  public var subject: String
  /// That object itself, or those around it.
  public var objects: [Object]

  init(_ reader: inout TraCIReader) throws(TraCIError) {
    _ = try reader.commandLength()
    response = try reader.byte()
    subject = try reader.string()
    let context = response < 0xA0
    if context { _ = try reader.byte() }
    let variables = Int(try reader.byte())
    let count = context ? try reader.int() : 1
    guard count >= 0 else { throw .malformed(expected: "a number of objects", found: "\(count)") }
    objects = []
    objects.reserveCapacity(count)
    for _ in 0..<count {
      let id = context ? try reader.string() : subject
      var values: [(variable: UInt8, value: TraCIValue)] = []
      values.reserveCapacity(variables)
      for _ in 0..<variables {
        let variable = try reader.byte()
        let status = try reader.byte()
        let value = try reader.typed()
        if status == 0 { values.append((variable, value)) }
      }
      objects.append(Object(id: id, values: values))
    }
  }
}
