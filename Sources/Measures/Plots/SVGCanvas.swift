/// A drawing in SVG: every mark in words of the picture, escaping and number formatting in one place, the same bytes every time.
///
/// ```swift
/// var canvas = SVGCanvas(width: 200, height: 100, title: "A square")
/// canvas.rectangle(x: 10, y: 10, width: 50, height: 50, SVGStyle(fill: Palette.blue))
/// let markup = canvas.markup()
/// ```
///
/// Units are pixels at the natural size; the picture scales with its place.
public struct SVGCanvas: Sendable {
  public let width: Double
  public let height: Double
  /// Read out by screen readers and shown on hover.
  public var title: String
  /// The picture in words, for those who do not see it.
  public var summary: String
  private var body = ""
  private var clips = 0

  public init(width: Double, height: Double, title: String, summary: String = "") {
    self.width = width
    self.height = height
    self.title = title
    self.summary = summary
  }

  public mutating func line(_ x1: Double, _ y1: Double, _ x2: Double, _ y2: Double, _ style: SVGStyle) {
    body += "<line x1=\"\(n(x1))\" y1=\"\(n(y1))\" x2=\"\(n(x2))\" y2=\"\(n(y2))\"\(style.attributes(filled: false))/>\n"
  }

  public mutating func polyline(_ points: [(x: Double, y: Double)], _ style: SVGStyle) {
    guard points.count > 1 else { return }
    body += "<polyline points=\"\(list(points))\"\(style.attributes(filled: false))/>\n"
  }

  public mutating func polygon(_ points: [(x: Double, y: Double)], _ style: SVGStyle, tooltip: String? = nil) {
    guard points.count > 2 else { return }
    element("polygon", "points=\"\(list(points))\"\(style.attributes(filled: true))", tooltip)
  }

  public mutating func rectangle(
    x: Double, y: Double, width: Double, height: Double, _ style: SVGStyle, radius: Double = 0, tooltip: String? = nil
  ) {
    let round = radius > 0 ? " rx=\"\(n(radius))\"" : ""
    element(
      "rect",
      "x=\"\(n(x))\" y=\"\(n(y))\" width=\"\(n(max(width, 0)))\" height=\"\(n(max(height, 0)))\"\(round)\(style.attributes(filled: true))",
      tooltip)
  }

  public mutating func circle(x: Double, y: Double, radius: Double, _ style: SVGStyle, tooltip: String? = nil) {
    element("circle", "cx=\"\(n(x))\" cy=\"\(n(y))\" r=\"\(n(radius))\"\(style.attributes(filled: true))", tooltip)
  }

  /// A path in SVG's own letters; for what the other marks cannot say.
  public mutating func path(_ data: String, _ style: SVGStyle, tooltip: String? = nil) {
    element("path", "d=\"\(Self.escape(data))\"\(style.attributes(filled: true))", tooltip)
  }

  /// Where text stands relative to its point.
  public enum Anchor: String, Sendable { case start, middle, end }

  /// `angle` turns about the point, degrees clockwise. The point lies on the baseline.
  public mutating func text(
    _ string: String, x: Double, y: Double, size: Double = 12, anchor: Anchor = .start, color: PlotColor = .ink, bold: Bool = false,
    angle: Double = 0, halo: Bool = false
  ) {
    var attributes = "x=\"\(n(x))\" y=\"\(n(y))\" font-size=\"\(n(size))\" fill=\"\(color.css)\""
    if anchor != .start { attributes += " text-anchor=\"\(anchor.rawValue)\"" }
    if bold { attributes += " font-weight=\"600\"" }
    if angle != 0 { attributes += " transform=\"rotate(\(n(angle)) \(n(x)) \(n(y)))\"" }
    if halo { attributes += " stroke=\"\(PlotColor.paper.css)\" stroke-width=\"3\" paint-order=\"stroke\" stroke-linejoin=\"round\"" }
    body += "<text \(attributes)>\(Self.escape(string))</text>\n"
  }

  /// Draws within a rectangle only.
  public mutating func clipped(x: Double, y: Double, width: Double, height: Double, _ draw: (inout SVGCanvas) -> Void) {
    clips += 1
    let name = "c\(clips)-\(fingerprint)"
    body += "<clipPath id=\"\(name)\"><rect x=\"\(n(x))\" y=\"\(n(y))\" width=\"\(n(width))\" height=\"\(n(height))\"/></clipPath>\n"
    body += "<g clip-path=\"url(#\(name))\">\n"
    draw(&self)
    body += "</g>\n"
  }

  /// The `<svg>` element, to stand in a page whose style sheet may set `--ink`, `--muted`, `--grid` and `--paper`.
  public func markup() -> String {
    let label = Self.escape(title)
    var text =
      "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 \(n(width)) \(n(height))\" width=\"\(n(width))\" height=\"\(n(height))\""
    text +=
      " role=\"img\" aria-label=\"\(label)\" font-family=\"system-ui,'Noto Sans','Noto Sans CJK SC','PingFang SC','Microsoft YaHei',sans-serif\">\n"
    text += "<title>\(label)</title>\n"
    if !summary.isEmpty { text += "<desc>\(Self.escape(summary))</desc>\n" }
    return text + body + "</svg>\n"
  }

  /// A file of its own.
  public func document() -> String {
    "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n" + markup()
  }

  /// Safe in text and in attributes of HTML and XML; characters XML forbids become U+FFFD.
  public static func escape(_ string: some StringProtocol) -> String {
    var text = ""
    text.reserveCapacity(string.utf8.count)
    for scalar in string.unicodeScalars {
      switch scalar {
      case "&": text += "&amp;"
      case "<": text += "&lt;"
      case ">": text += "&gt;"
      case "\"": text += "&quot;"
      case "'": text += "&#39;"
      case "\t", "\n", "\r": text.unicodeScalars.append(scalar)
      case _ where scalar.value < 0x20 || scalar.value == 0xfffe || scalar.value == 0xffff: text += "\u{fffd}"
      default: text.unicodeScalars.append(scalar)
      }
    }
    return text
  }

  /// About how wide a text will be [px]: there is no font at hand, so East Asian characters count one em and others 0.62.
  public static func textWidth(_ string: String, size: Double = 12) -> Double {
    string.unicodeScalars.reduce(0) { $0 + ($1.value >= 0x2e80 ? 1 : $1.value == 0x20 || $1.value == 0x2009 ? 0.3 : 0.62) } * size
  }

  /// A long name cut in the middle, where names of one family differ least: `GS_clus…9576`.
  public static func shortened(_ name: String, to length: Int = 20) -> String {
    guard name.count > length, length >= 5 else { return name }
    let head = (length - 1) * 3 / 5
    return name.prefix(head) + "…" + name.suffix(length - 1 - head)
  }

  private mutating func element(_ name: String, _ attributes: String, _ tooltip: String?) {
    if let tooltip {
      body += "<\(name) \(attributes)><title>\(Self.escape(tooltip))</title></\(name)>\n"
    } else {
      body += "<\(name) \(attributes)/>\n"
    }
  }

  /// Tells the clips of several pictures on one page apart, without hashing that changes from run to run.
  private var fingerprint: String {
    var hash: UInt32 = 2_166_136_261
    for byte in title.utf8 { hash = (hash ^ UInt32(byte)) &* 16_777_619 }
    for byte in "\(width)x\(height)\(body.utf8.count)".utf8 { hash = (hash ^ UInt32(byte)) &* 16_777_619 }
    return String(hash, radix: 36)
  }

  private func n(_ value: Double) -> String { NumberText.short(value.isFinite ? value : 0, 2) }

  private func list(_ points: [(x: Double, y: Double)]) -> String {
    points.map { n($0.x) + "," + n($0.y) }.joined(separator: " ")
  }
}

/// How a mark looks.
public struct SVGStyle: Hashable, Sendable {
  public var fill: PlotColor
  public var stroke: PlotColor
  /// Stroke width [px].
  public var width: Double
  public var opacity: Double
  /// Lengths of dash and gap [px]; empty for a solid line.
  public var dash: [Double]

  public init(fill: PlotColor = .none, stroke: PlotColor = .none, width: Double = 1, opacity: Double = 1, dash: [Double] = []) {
    self.fill = fill
    self.stroke = stroke
    self.width = width
    self.opacity = opacity
    self.dash = dash
  }

  /// A line of this colour.
  public static func line(_ color: PlotColor, width: Double = 1.5, dash: [Double] = [], opacity: Double = 1) -> SVGStyle {
    SVGStyle(stroke: color, width: width, opacity: opacity, dash: dash)
  }

  /// An area of this colour.
  public static func area(_ color: PlotColor, opacity: Double = 1) -> SVGStyle { SVGStyle(fill: color, opacity: opacity) }

  func attributes(filled: Bool) -> String {
    var text = " fill=\"\(filled ? fill.css : "none")\""
    if stroke != .none {
      text +=
        " stroke=\"\(stroke.css)\" stroke-width=\"\(NumberText.short(width))\" stroke-linejoin=\"round\" stroke-linecap=\"\(dash.isEmpty ? "round" : "butt")\""
    }
    if opacity < 1 { text += " opacity=\"\(NumberText.short(opacity))\"" }
    if !dash.isEmpty { text += " stroke-dasharray=\"" + dash.map { NumberText.short($0) }.joined(separator: " ") + "\"" }
    return text
  }
}
