import TrafficModel

/// Spelling of SUMO's XML: attributes in order, numbers short.
struct SUMOXML {
  private(set) var text: String
  private let root: String

  init(root: String, attributes: [(String, String)] = []) {
    self.root = root
    text = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<!-- written by greenwave \(Provenance.engineVersion) -->\n<\(root)"
    for (name, value) in attributes { text += " \(name)=\"\(xmlEscaped(value))\"" }
    text += ">\n"
  }

  /// An element without content, or the start of one whose content follows.
  mutating func element(_ name: String, depth: Int = 1, _ attributes: [(String, String?)], opens: Bool = false) {
    text += String(repeating: "    ", count: depth) + "<" + name
    for case (let name, let value?) in attributes { text += " \(name)=\"\(xmlEscaped(value))\"" }
    text += opens ? ">\n" : "/>\n"
  }

  mutating func close(_ name: String, depth: Int = 1) { text += String(repeating: "    ", count: depth) + "</\(name)>\n" }

  mutating func finish() -> String {
    text += "</\(root)>\n"
    return text
  }
}

/// A number as short as it can be without change: `3`, `2.5`.
func shortest(_ value: Double) -> String {
  if value == value.rounded(), abs(value) < 1e15 { return String(Int64(value)) }
  return String(value)
}

extension TimeAmount {
  /// Seconds as short as they can be.
  var sumo: String { shortest(seconds) }
}

extension Instant {
  var sumo: String { shortest(seconds) }
}

extension [Point] {
  /// `x,y x,y …`, with heights where there are any.
  var sumo: String {
    let hasHeight = contains { $0.z != 0 }
    return map { fixed($0.x, 2) + "," + fixed($0.y, 2) + (hasHeight ? "," + fixed($0.z, 2) : "") }.joined(separator: " ")
  }
}
