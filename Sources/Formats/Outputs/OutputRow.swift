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
  guard value.isFinite else { return "nan" }
  var scale = 1.0
  for _ in 0..<decimals { scale *= 10 }
  let scaled = (value * scale).rounded()
  guard abs(scaled) < 9e15 else { return String(value) }
  let whole = Int64(abs(scaled))
  let sign = scaled < 0 ? "-" : ""
  guard decimals > 0 else { return sign + String(whole) }
  let unit = Int64(scale)
  let fraction = String(whole % unit)
  return sign + String(whole / unit) + "." + String(repeating: "0", count: decimals - fraction.count) + fraction
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
