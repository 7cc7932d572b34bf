/// Numbers as people read them, the same bytes on every machine: no locale, no C library formatting.
public enum NumberText {
  /// `value` with a fixed number of decimals, rounded half away from zero; an en dash for what is not a number.
  public static func fixed(_ value: Double, _ decimals: Int) -> String {
    precondition((0...9).contains(decimals), "decimals must be 0 to 9, not \(decimals)")
    guard value.isFinite else { return value.isNaN ? "–" : (value > 0 ? "∞" : "−∞") }
    var power = 1.0
    for _ in 0..<decimals { power *= 10 }
    let scaled = (value.magnitude * power).rounded(.toNearestOrAwayFromZero)
    guard scaled < 9e18 else { return value.description }
    let digits = Int64(scaled)
    guard digits != 0 else { return decimals == 0 ? "0" : "0." + String(repeating: "0", count: decimals) }
    let whole = digits / Int64(power), part = digits % Int64(power)
    var text = value < 0 ? "-" : ""
    text += String(whole)
    if decimals > 0 {
      let fraction = String(part)
      text += "." + String(repeating: "0", count: decimals - fraction.count) + fraction
    }
    return text
  }

  /// Fixed decimals without trailing zeros: `12.5`, `3`.
  public static func short(_ value: Double, _ decimals: Int = 2) -> String {
    let text = fixed(value, decimals)
    guard text.contains(".") else { return text }
    var trimmed = Substring(text)
    while trimmed.last == "0" { trimmed.removeLast() }
    if trimmed.last == "." { trimmed.removeLast() }
    return trimmed == "-0" ? "0" : String(trimmed)
  }

  /// A measured figure with about three significant digits, thousands grouped by a thin space: `0.412`, `45.9`, `1 234`.
  public static func figure(_ value: Double) -> String {
    guard value.isFinite else { return fixed(value, 0) }
    let size = value.magnitude
    if size >= 1000 { return grouped(fixed(value, 0)) }
    return fixed(value, size >= 100 ? 0 : size >= 10 ? 1 : size >= 1 ? 2 : size == 0 ? 0 : 3)
  }

  /// A count with thousands grouped.
  public static func count(_ value: Int) -> String { grouped(String(value)) }

  /// With a sign always shown, for differences.
  public static func signed(_ value: Double, _ decimals: Int) -> String {
    let text = fixed(value, decimals)
    return value > 0 && !text.allSatisfy({ $0 == "0" || $0 == "." }) ? "+" + text : text
  }

  /// A clock time `h:mm` or `h:mm:ss` from seconds since the scenario's zero.
  public static func clock(_ seconds: Double, withSeconds: Bool = false) -> String {
    guard seconds.isFinite, seconds.magnitude < 1e12 else { return "–" }
    let total = Int(seconds.rounded())
    let magnitude = total.magnitude
    func two(_ n: UInt) -> String { n < 10 ? "0\(n)" : "\(n)" }
    let text = "\(magnitude / 3600):" + two(magnitude / 60 % 60) + (withSeconds ? ":" + two(magnitude % 60) : "")
    return total < 0 ? "-" + text : text
  }

  private static func grouped(_ digits: String) -> String {
    let sign = digits.hasPrefix("-") ? "-" : ""
    let body = Array(digits.dropFirst(sign.count))
    guard body.count > 4 else { return digits }
    var text = sign
    for (i, digit) in body.enumerated() {
      if i > 0, (body.count - i) % 3 == 0 { text += "\u{2009}" }
      text.append(digit)
    }
    return text
  }
}
