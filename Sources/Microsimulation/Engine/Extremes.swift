// The smaller and the larger of speeds, gaps and times as one instruction each. The standard library's generic `max` gives the later of equals
// and lets a first value that is no number stand, which costs four more; no value here is "not a number", and equals give the later one too.

@inline(__always) func min(_ a: Double, _ b: Double) -> Double { b < a ? b : a }
@inline(__always) func min(_ a: Double, _ b: Double, _ c: Double) -> Double { min(min(a, b), c) }
@inline(__always) func max(_ a: Double, _ b: Double) -> Double { a > b ? a : b }
@inline(__always) func max(_ a: Double, _ b: Double, _ c: Double) -> Double { max(max(a, b), c) }

extension Double {
  /// The whole part of a value that is not negative and below 2⁵¹, without the checks of a conversion to an integer.
  @inline(__always)
  var wholePart: Double {
    let shift = 0x1p52
    let nearest = (self + shift) - shift
    return nearest > self ? max(nearest - 1, 0) : nearest
  }
}
