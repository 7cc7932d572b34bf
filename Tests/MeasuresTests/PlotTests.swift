import Measures
import Testing
import TrafficModel

@Suite struct PlotTests {
  @Test func numbersRoundHalfAwayFromZeroAndNeverShowMinusZero() {
    #expect(NumberText.fixed(0.125, 2) == "0.13")
    #expect(NumberText.fixed(-0.125, 2) == "-0.13")
    #expect(NumberText.fixed(-0.0001, 2) == "0.00")
    #expect(NumberText.fixed(1.05, 1) == "1.1")
    #expect(NumberText.fixed(3.007, 2) == "3.01")
    #expect(NumberText.fixed(.nan, 2) == "–")
    #expect(NumberText.fixed(-.infinity, 0) == "−∞")
    #expect(NumberText.short(12.50) == "12.5")
    #expect(NumberText.short(100) == "100")
    #expect(NumberText.figure(45.94) == "45.9")
    #expect(NumberText.figure(12345) == "12\u{2009}345")
    #expect(NumberText.signed(0.04, 1) == "0.0")
    #expect(NumberText.signed(2.5, 1) == "+2.5")
    #expect(NumberText.clock(3661, withSeconds: true) == "1:01:01")
    #expect(NumberText.clock(25 * 3600) == "25:00")
  }

  /// Ticks are 1, 2 or 5 times a power of ten, inside the domain, near the number asked for.
  @Test(arguments: [0...1, 0...7, -3...12, 0...0.0031, 1200...98_000, 0...3600, 5...5] as [ClosedRange<Double>])
  func ticksAreRoundAndInside(domain: ClosedRange<Double>) {
    let scale = PlotScale(domain, from: 0, to: 500)
    let ticks = scale.ticks(6)
    #expect((2...13).contains(ticks.count), "\(ticks)")
    let step = ticks[1] - ticks[0]
    for (a, b) in zip(ticks, ticks.dropFirst()) { #expect(abs((b - a) / step - 1) < 1e-9) }
    #expect(ticks.allSatisfy { $0 >= scale.domain.lowerBound - step * 1e-6 && $0 <= scale.domain.upperBound + step * 1e-6 })
    #expect(Set(scale.labels(ticks)).count == ticks.count, "two ticks share a label")
  }

  @Test func clockTicksFallOnTheClock() {
    let scale = PlotScale(25_200...28_800, from: 0, to: 500, kind: .clock)
    let ticks = scale.ticks(6)
    #expect(ticks.allSatisfy { $0.truncatingRemainder(dividingBy: 600) == 0 })
    #expect(scale.labels(ticks).first == "7:00")
    #expect(scale(25_200) == 0 && scale(28_800) == 500)
  }

  @Test func niceDomainsCoverTheirData() {
    #expect(PlotScale.niceDomain([3, 97]) == 0...100)
    #expect(PlotScale.niceDomain([Double.nan]) == 0...1)
    #expect(PlotScale.niceDomain([0, 0]).upperBound > 0)
    let domain = PlotScale.niceDomain([-4, 13.2], fromZero: false)
    #expect(domain.contains(-4) && domain.contains(13.2))
  }

  /// Lightness must rise all along, or a print in grey misleads.
  @Test func heatColoursAreMonotoneInLightness() {
    func lightness(_ color: PlotColor) -> Double {
      let value = UInt32(color.css.dropFirst(), radix: 16)!
      func linear(_ c: UInt32) -> Double {
        let x = Double(c & 255) / 255
        return x <= 0.04045 ? x / 12.92 : x * x * (0.305306 * x + 0.682171) + 0.012523 * x
      }
      return 0.2126 * linear(value >> 16) + 0.7152 * linear(value >> 8) + 0.0722 * linear(value)
    }
    for (map, sign) in [(Palette.viridis, 1.0), (Palette.cividis, 1.0), (Palette.heat, -1.0)] {
      let values = (0...40).map { sign * lightness(map(Double($0) / 40)) }
      for (a, b) in zip(values, values.dropFirst()) { #expect(b > a) }
    }
    #expect(Palette.viridis(.nan) == Palette.viridis(0))
    #expect(Palette.viridis(0).css == "#440154" && Palette.viridis(1).css == "#fde725")
  }

  @Test func textIsEscapedAndDrawingRepeats() {
    func draw() -> String {
      var chart = Chart(title: "a < b & \"c\"", x: .init(0...10, label: "<t>"), y: .init(0...5, label: "排队"), legendRows: 1)
      chart.line([(0, 1), (1, .nan), (2, 3), (3, 4)], color: Palette.blue, name: "'north'")
      chart.steps([(0, 1), (5, 2)], until: 10, color: Palette.orange, filled: true)
      chart.bars([(1, 2)], width: 0.5, color: Palette.green, tooltips: ["x>y"])
      return chart.finished().document()
    }
    let markup = draw()
    #expect(markup == draw())
    #expect(markup.contains("a &lt; b &amp; &quot;c&quot;"))
    #expect(!markup.contains("<t>") && markup.contains("&lt;t&gt;") && markup.contains("排队"))
    #expect(!markup.contains("nan") && !markup.contains("inf\""))
    #expect(SVGCanvas.escape("\u{1}\u{fffe}") == "\u{fffd}\u{fffd}")
  }

  @Test func pagesAreWholeAndSelfContained() {
    for language in Language.allCases {
      var page = HTMLPage(title: "<Main & 1st>", language: language)
      page.provenance = Provenance(seed: 7, inputHash: "abc")
      page.section("A")
      var table = ReportTable(caption: "c", columns: [.init("名称", .left), .init("s")])
      table.append(["<x>", "1.0"])
      page.figure(SVGCanvas(width: 10, height: 10, title: "t"), caption: "c", table: table)
      page.keyFigures([.init(value: "1", label: "l", note: "n")])
      let html = page.html()
      #expect(html.hasPrefix("<!DOCTYPE html>") && html.hasSuffix("</html>\n"))
      #expect(html.contains(language == .chinese ? "lang=\"zh-CN\"" : "lang=\"en\""))
      #expect(!html.contains("<x>") && !html.contains("<Main") && !html.contains("src=") && !html.contains("<script"))
      #expect(html.replacing("http://www.w3.org/2000/svg", with: "").contains("http") == false, "a page fetches nothing")
    }
  }

  @Test func terminalTablesLineUpInBothLanguages() {
    var table = ReportTable(columns: [.init("方向", .left), .init("delay")])
    table.append(["北进口", "12.5"])
    table.append(["east", "3.0"])
    let lines = table.text().split(separator: "\n")
    #expect(lines[2] == "北进口   12.5" && lines[3] == "east      3.0")
    #expect(table.csv() == "方向,delay\r\n北进口,12.5\r\neast,3.0\r\n")
    var quoted = ReportTable(columns: [.init("a,\"b\"")])
    quoted.append(["x\ny"])
    #expect(quoted.csv() == "\"a,\"\"b\"\"\"\r\n\"x\ny\"\r\n")
  }
}
