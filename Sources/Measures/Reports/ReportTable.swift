/// A table of texts, drawn alike on a terminal, in a page and as CSV.
public struct ReportTable: Sendable, Hashable {
  public enum Alignment: Sendable, Hashable { case left, right }

  public struct Column: Sendable, Hashable {
    public var title: String
    public var alignment: Alignment
    public init(_ title: String, _ alignment: Alignment = .right) {
      self.title = title
      self.alignment = alignment
    }
  }

  public var caption: String
  public var columns: [Column]
  public var rows: [[String]] = []
  /// Rows set apart by weight, such as a total.
  public var emphasized: Set<Int> = []

  public init(caption: String = "", columns: [Column]) {
    self.caption = caption
    self.columns = columns
  }

  /// Precondition: as many cells as columns.
  public mutating func append(_ cells: [String], emphasized isEmphasized: Bool = false) {
    precondition(cells.count == columns.count, "\(cells.count) cells for \(columns.count) columns")
    if isEmphasized { emphasized.insert(rows.count) }
    rows.append(cells)
  }

  /// For a terminal: columns padded with spaces, East Asian characters two wide, a rule under the head.
  public func text() -> String {
    var widths = columns.map { Self.columnWidth($0.title) }
    for row in rows { for (i, cell) in row.enumerated() { widths[i] = max(widths[i], Self.columnWidth(cell)) } }
    func line(_ cells: [String]) -> String {
      var text = ""
      for (i, cell) in cells.enumerated() {
        if i > 0 { text += "  " }
        let padding = String(repeating: " ", count: widths[i] - Self.columnWidth(cell))
        text += columns[i].alignment == .left ? cell + padding : padding + cell
      }
      while text.last == " " { text.removeLast() }
      return text + "\n"
    }
    var text = caption.isEmpty ? "" : caption + "\n"
    text += line(columns.map(\.title))
    text += String(repeating: "─", count: widths.reduce(0, +) + 2 * max(widths.count - 1, 0)) + "\n"
    for row in rows { text += line(row) }
    return text
  }

  public func html() -> String {
    var text =
      "<div class=\"scroll\" role=\"region\" tabindex=\"0\" aria-label=\"\(SVGCanvas.escape(caption.isEmpty ? columns.first?.title ?? "" : caption))\"><table>\n"
    if !caption.isEmpty { text += "<caption>\(SVGCanvas.escape(caption))</caption>\n" }
    text += "<thead><tr>"
    for column in columns {
      text += "<th scope=\"col\"\(column.alignment == .right ? " class=\"r\"" : "")>\(SVGCanvas.escape(column.title))</th>"
    }
    text += "</tr></thead>\n<tbody>\n"
    for (i, row) in rows.enumerated() {
      text += emphasized.contains(i) ? "<tr class=\"em\">" : "<tr>"
      for (j, cell) in row.enumerated() {
        let escaped = SVGCanvas.escape(cell)
        if j == 0 && columns[0].alignment == .left {
          text += "<th scope=\"row\">\(escaped)</th>"
        } else {
          text += "<td\(columns[j].alignment == .right ? " class=\"r\"" : "")>\(escaped)</td>"
        }
      }
      text += "</tr>\n"
    }
    return text + "</tbody></table></div>\n"
  }

  /// RFC 4180: quotes where needed, lines end with CRLF.
  public func csv() -> String {
    func field(_ cell: String) -> String {
      cell.contains { $0 == "," || $0 == "\"" || $0.isNewline }
        ? "\"" + cell.split(separator: "\"", omittingEmptySubsequences: false).joined(separator: "\"\"") + "\"" : cell
    }
    return ([columns.map(\.title)] + rows).map { $0.map(field).joined(separator: ",") + "\r\n" }.joined()
  }

  /// Cells a text takes on a terminal.
  static func columnWidth(_ text: String) -> Int {
    text.unicodeScalars.reduce(0) { width, scalar in
      let value = scalar.value
      if value == 0x200b || (0x300...0x36f).contains(value) || (0xfe00...0xfe0f).contains(value) { return width }
      let isWide =
        (0x1100...0x115f).contains(value) || (0x2e80...0xa4cf).contains(value) || (0xac00...0xd7a3).contains(value)
        || (0xf900...0xfaff).contains(value) || (0xfe30...0xfe6f).contains(value) || (0xff00...0xff60).contains(value)
        || (0x1f300...0x1faff).contains(value) || (0x20000...0x3fffd).contains(value)
      return width + (isWide ? 2 : 1)
    }
  }
}
