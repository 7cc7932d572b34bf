import Foundation
import TrafficModel

/// One record of an output: an element with its attributes, and records within it. The same record becomes an XML element, a CSV
/// line or a JSON object.
struct OutputRow {
  enum Value {
    case text(String)
    case integer(Int)
    /// Written with this many decimals.
    case number(Double, decimals: Int)
  }

  var element: String
  var fields: [(name: String, value: Value)] = []
  var children: [OutputRow] = []

  init(_ element: String) { self.element = element }

  mutating func add(_ name: String, _ value: String) { fields.append((name, .text(value))) }
  mutating func add(_ name: String, _ value: Int) { fields.append((name, .integer(value))) }
  mutating func add(_ name: String, _ value: Double, decimals: Int = 2) { fields.append((name, .number(value, decimals: decimals))) }
  /// SUMO writes -1 where there is nothing to average.
  mutating func add(_ name: String, orMinusOne value: Double?) { add(name, value ?? -1) }
}

extension OutputRow.Value {
  var plain: String {
    switch self {
    case .text(let text): text
    case .integer(let value): String(value)
    case .number(let value, let decimals): fixed(value, decimals)
    }
  }

  /// Appends what ``plain`` comes to, as an XML attribute value.
  func appendXML(to bytes: inout [UInt8]) {
    switch self {
    case .text(let text): bytes.append(contentsOf: xmlEscaped(text).utf8)
    case .integer(let value): bytes.append(contentsOf: String(value).utf8)
    case .number(let value, let decimals): appendFixed(value, decimals, to: &bytes)
    }
  }

  var json: String {
    switch self {
    case .text(let text): jsonString(text)
    case .integer(let value): String(value)
    case .number(let value, let decimals): value.isFinite ? fixed(value, decimals) : "null"
    }
  }
}

/// A number with a fixed count of decimals, rounded to nearest.
package func fixed(_ value: Double, _ decimals: Int) -> String {
  var bytes: [UInt8] = []
  appendFixed(value, decimals, to: &bytes)
  return String(decoding: bytes, as: UTF8.self)
}

/// Appends a number with a fixed count of decimals, rounded to nearest.
func appendFixed(_ value: Double, _ decimals: Int, to bytes: inout [UInt8]) {
  guard value.isFinite else {
    bytes.append(contentsOf: "nan".utf8)
    return
  }
  var scale = 1.0
  for _ in 0..<decimals { scale *= 10 }
  let scaled = (value * scale).rounded()
  guard abs(scaled) < 9e15 else {
    bytes.append(contentsOf: String(value).utf8)
    return
  }
  if scaled < 0 { bytes.append(UInt8(ascii: "-")) }
  appendDigits(UInt64(abs(scaled)), decimals: decimals, to: &bytes)
}

/// Appends a whole number, with a point before its last `decimals` digits.
private func appendDigits(_ number: UInt64, decimals: Int, to bytes: inout [UInt8]) {
  var rest = number
  var digits = 0
  let begin = bytes.count
  while rest > 0 || digits <= decimals {
    if digits == decimals, decimals > 0 { bytes.append(UInt8(ascii: ".")) }
    bytes.append(UInt8(ascii: "0") + UInt8(rest % 10))
    rest /= 10
    digits += 1
  }
  bytes[begin...].reverse()
}

/// A JSON string with its quotes.
package func jsonString(_ text: String) -> String {
  var out = "\""
  for scalar in text.unicodeScalars {
    switch scalar {
    case "\"": out += "\\\""
    case "\\": out += "\\\\"
    case "\n": out += "\\n"
    case "\t": out += "\\t"
    case "\r": out += "\\r"
    default:
      if scalar.value < 0x20 {
        let hex = String(scalar.value, radix: 16)
        out += "\\u" + String(repeating: "0", count: 4 - hex.count) + hex
      } else {
        out.unicodeScalars.append(scalar)
      }
    }
  }
  return out + "\""
}

/// Text as an XML attribute value.
package func xmlEscaped(_ text: String) -> String {
  guard text.utf8.contains(where: { $0 == 38 || $0 == 60 || $0 == 62 || $0 == 34 || $0 < 32 }) else { return text }
  var out = ""
  for scalar in text.unicodeScalars {
    switch scalar {
    case "&": out += "&amp;"
    case "<": out += "&lt;"
    case ">": out += "&gt;"
    case "\"": out += "&quot;"
    case "\n", "\t", "\r": out += "&#\(scalar.value);"
    default: if scalar.value >= 32 { out.unicodeScalars.append(scalar) }
    }
  }
  return out
}

func csvField(_ text: String) -> String {
  guard text.contains(where: { $0 == "," || $0 == "\"" || $0.isNewline }) else { return text }
  return "\"" + text.replacingOccurrences(of: "\"", with: "\"\"") + "\""
}
