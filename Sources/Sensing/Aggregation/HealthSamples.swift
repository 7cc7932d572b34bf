import TrafficModel

/// Cuts paired pulses into samples of `step` ms for the health checks: one observation a channel and sample, made when asked for.
///
/// Returns a function from the number of a sample to its observations (detector ids are positions of `actuations.channels`), to be called
/// with growing numbers, and the begins of all samples.
public func healthSamples(_ actuations: Actuations, step: Int64) -> ((Int) -> [Observation], [Int64]) {
  guard let low = actuations.on.min(), let high = actuations.off.max() else { return ({ _ in [] }, []) }
  let origin = floorDivide(low, step) * step
  let count = Int((high - origin) / step) + 1
  let cursors = Cursors(actuations.first.dropLast().map { $0 })
  let begins = (0..<count).map { origin + Int64($0) * step }
  return (
    { k in
      let begin = origin + Int64(k) * step, end = begin + step
      return actuations.channels.indices.map { c in
        var r = cursors.next[c]
        let last = actuations.first[c + 1]
        while r < last, actuations.off[r] <= begin { r += 1 }
        cursors.next[c] = r
        var vehicles = 0.0
        var occupied: Int64 = 0
        while r < last, actuations.on[r] < end {
          if actuations.on[r] >= begin { vehicles += 1 }
          occupied += min(end, actuations.off[r]) - max(begin, actuations.on[r])
          r += 1
        }
        return Observation(
          detector: DetectorID(c), begin: Instant(milliseconds: begin), end: Instant(milliseconds: end), count: vehicles,
          occupancy: min(1, Double(occupied) / Double(step)))
      }
    }, begins
  )
}

private final class Cursors {
  var next: [Int]
  init(_ start: [Int]) { next = start }
}
