import TrafficModel

/// One self-contained page: no script, no file beside it, nothing fetched. It reads well in light and dark, on paper, on a telephone and
/// by a screen reader; behind every picture stand its figures.
///
/// ```swift
/// var page = HTMLPage(title: "Euclid Avenue", language: .english)
/// page.keyFigures([("45.9 s", "delay")])
/// page.figure(picture, caption: "…", table: table)
/// let html = page.html()
/// ```
public struct HTMLPage: Sendable {
  public let title: String
  public let language: Language
  /// A line below the title: place, period, what was compared.
  public var subtitle = ""
  /// Where the page comes from; shown at its foot and kept in its head.
  public var provenance: Provenance?
  private var body = ""
  private var contents: [(id: String, title: String)] = []

  public init(title: String, language: Language = .english) {
    self.title = title
    self.language = language
  }

  /// Opens a section and lists it in the contents.
  public mutating func section(_ title: String) {
    let id = "s\(contents.count + 1)"
    contents.append((id, title))
    body += "<h2 id=\"\(id)\">\(SVGCanvas.escape(title))</h2>\n"
  }

  public mutating func heading(_ title: String) { body += "<h3>\(SVGCanvas.escape(title))</h3>\n" }

  public mutating func paragraph(_ text: String) { body += "<p>\(SVGCanvas.escape(text))</p>\n" }

  public mutating func paragraph(_ message: Message) { paragraph(message.text(language)) }

  public mutating func list(_ items: [String]) {
    guard !items.isEmpty else { return }
    body += "<ul>\n" + items.map { "<li>\(SVGCanvas.escape($0))</li>\n" }.joined() + "</ul>\n"
  }

  /// A sentence to be noticed: something missing, a run that did not end well.
  public mutating func notice(_ text: String) { body += "<p class=\"notice\" role=\"note\">⚠ \(SVGCanvas.escape(text))</p>\n" }

  /// One figure a reader should take away.
  public struct KeyFigure: Sendable, Hashable {
    public var value: String
    public var label: String
    /// What qualifies it: an interval, a comparison.
    public var note: String
    public init(value: String, label: String, note: String = "") {
      self.value = value
      self.label = label
      self.note = note
    }
  }

  public mutating func keyFigures(_ figures: [KeyFigure]) {
    body += "<dl class=\"keys\">\n"
    for figure in figures {
      body += "<div><dt>\(SVGCanvas.escape(figure.label))</dt><dd>\(SVGCanvas.escape(figure.value))"
      if !figure.note.isEmpty { body += "<small>\(SVGCanvas.escape(figure.note))</small>" }
      body += "</dd></div>\n"
    }
    body += "</dl>\n"
  }

  public mutating func table(_ table: ReportTable) { body += table.html() }

  /// A table folded away under a line of text.
  public mutating func foldedTable(_ table: ReportTable, summary: String) {
    body += "<details><summary>\(SVGCanvas.escape(summary))</summary>\n\(table.html())</details>\n"
  }

  /// A picture with its caption and, folded behind it, the figures it draws.
  public mutating func figure(_ picture: SVGCanvas, caption: String, table: ReportTable? = nil) {
    body += "<figure>\n<div class=\"scroll picture\" role=\"region\" tabindex=\"0\" aria-label=\"\(SVGCanvas.escape(picture.title))\">\n"
    body += picture.markup() + "</div>\n<figcaption>\(SVGCanvas.escape(caption))</figcaption>\n"
    if let table, !table.rows.isEmpty {
      body += "<details><summary>\(SVGCanvas.escape(Message("report.figuresBehind").text(language)))</summary>\n\(table.html())</details>\n"
    }
    body += "</figure>\n"
  }

  /// The whole page.
  public func html() -> String {
    let code = language == .chinese ? "zh-CN" : "en"
    var text = "<!DOCTYPE html>\n<html lang=\"\(code)\">\n<head>\n<meta charset=\"utf-8\">\n"
    text += "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
    text += "<meta name=\"color-scheme\" content=\"light dark\">\n"
    if let provenance {
      text += "<meta name=\"generator\" content=\"\(SVGCanvas.escape(provenance.engine))\">\n"
      text += "<meta name=\"input-hash\" content=\"\(SVGCanvas.escape(provenance.inputHash))\">\n"
    }
    text += "<title>\(SVGCanvas.escape(title))</title>\n<style>\n\(Self.style)</style>\n</head>\n<body>\n"
    text += "<header>\n<h1>\(SVGCanvas.escape(title))</h1>\n"
    if !subtitle.isEmpty { text += "<p class=\"sub\">\(SVGCanvas.escape(subtitle))</p>\n" }
    text += "</header>\n"
    if contents.count > 2 {
      text += "<nav aria-label=\"\(SVGCanvas.escape(Message("report.contents").text(language)))\"><ul>\n"
      for entry in contents { text += "<li><a href=\"#\(entry.id)\">\(SVGCanvas.escape(entry.title))</a></li>\n" }
      text += "</ul></nav>\n"
    }
    text += "<main>\n\(body)</main>\n"
    if let provenance {
      let seed = provenance.seed.map { String($0) } ?? "–"
      let line = Message("report.provenance", [provenance.engine, seed, provenance.inputHash]).text(language)
      text += "<footer><p>\(SVGCanvas.escape(line))</p></footer>\n"
    }
    return text + "</body>\n</html>\n"
  }
}
