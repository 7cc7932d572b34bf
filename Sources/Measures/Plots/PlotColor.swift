/// A colour of a picture: fixed, or one that follows the page between light and dark.
public struct PlotColor: Hashable, Sendable {
  /// As CSS writes it.
  public var css: String

  public init(css: String) { self.css = css }
  public init(red: Double, green: Double, blue: Double) {
    func hex(_ x: Double) -> String {
      let value = Int((min(max(x, 0), 1) * 255).rounded())
      return (value < 16 ? "0" : "") + String(value, radix: 16)
    }
    css = "#" + hex(red) + hex(green) + hex(blue)
  }

  public static let none = PlotColor(css: "none")
  /// Text and axes.
  public static let ink = PlotColor(css: "var(--ink,#1b1f24)")
  /// Secondary text and ticks.
  public static let muted = PlotColor(css: "var(--muted,#5a6470)")
  /// Grid lines and outlines.
  public static let grid = PlotColor(css: "var(--grid,#d9dee4)")
  public static let paper = PlotColor(css: "var(--paper,#ffffff)")
}

/// Colours that people with any common colour blindness tell apart.
public enum Palette {
  /// Okabe and Ito's eight qualitative colours (2008), without black, in the order in which neighbours differ most.
  public static let categories: [PlotColor] = ["#0072b2", "#e69f00", "#009e73", "#cc79a7", "#56b4e9", "#d55e00", "#f0e442"]
    .map { PlotColor(css: $0) }

  public static let blue = categories[0]
  public static let orange = categories[1]
  public static let green = categories[2]
  public static let purple = categories[3]
  public static let sky = categories[4]
  public static let vermilion = categories[5]
  public static let yellow = categories[6]

  /// A colour for the i-th series; repeats after seven, so give series dashes or markers as well.
  public static func category(_ i: Int) -> PlotColor { categories[((i % categories.count) + categories.count) % categories.count] }

  /// Viridis: dark violet (0) through green to yellow (1). Lightness rises evenly, so it survives a black-and-white print.
  public static func viridis(_ t: Double) -> PlotColor { interpolate(viridisStops, t) }

  /// Cividis (Nuñez, Anderton and Renslow 2018): dark blue (0) to yellow (1), nearly the same with and without colour blindness.
  public static func cividis(_ t: Double) -> PlotColor { interpolate(cividisStops, t) }

  /// For delay and the like, where much is bad: pale (0) through orange to violet (1), the inferno family reversed, ending where it still shows on a dark page.
  public static func heat(_ t: Double) -> PlotColor { interpolate(heatStops, t) }

  /// Better (0, blue) through no change (0.5, grey) to worse (1, orange): hues that stay apart for every colour-blind reader.
  public static func diverging(_ t: Double) -> PlotColor { interpolate(divergingStops, t) }

  /// Signal indications: hues that differ in lightness too, so that red and green do not depend on hue.
  public static let signalGreen = PlotColor(css: "#009e73")
  public static let signalPermissive = PlotColor(css: "#7fd6b8")
  public static let signalYellow = PlotColor(css: "#f0c200")
  public static let signalRed = PlotColor(css: "#b3301f")

  private static let viridisStops: [UInt32] = [
    0x440154, 0x472d7b, 0x3b528b, 0x2c728e, 0x21918c, 0x28ae80, 0x5ec962, 0xaddc30, 0xfde725,
  ]
  private static let cividisStops: [UInt32] = [
    0x00224e, 0x123570, 0x3b496c, 0x575d6d, 0x707173, 0x8a8678, 0xa59c74, 0xc3b369, 0xe1cc55, 0xfee838,
  ]
  private static let divergingStops: [UInt32] = [0x08407e, 0x2a7ab9, 0x8ec1e0, 0xc9cdd1, 0xf3b77c, 0xdf7a1c, 0x8f4300]
  private static let heatStops: [UInt32] = [0xfcd98a, 0xfca50a, 0xe8602d, 0xbb3754, 0x8a226a]

  private static func interpolate(_ stops: [UInt32], _ t: Double) -> PlotColor {
    let position = (t.isFinite ? min(max(t, 0), 1) : 0) * Double(stops.count - 1)
    let i = min(Int(position), stops.count - 2)
    let share = position - Double(i)
    func channel(_ shift: UInt32) -> Double {
      let low = Double(stops[i] >> shift & 255), high = Double(stops[i + 1] >> shift & 255)
      return (low + (high - low) * share) / 255
    }
    return PlotColor(red: channel(16), green: channel(8), blue: channel(0))
  }
}
