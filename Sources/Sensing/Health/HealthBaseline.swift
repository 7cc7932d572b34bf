import TrafficModel

/// What is normal for a group of detectors: learnt from days that were sound, by time of day.
public struct HealthBaseline: Sendable {
  /// Slots of a day (15 minutes each).
  public static let slots = 96

  public let detectors: Int
  /// Other detectors whose counts go up and down with this one's: other lanes of the station, stations up- and downstream.
  public let neighbours: [[Int]]
  /// Mean count of a 30 s sample by detector and slot (row-major), never below a floor of one vehicle in 20 minutes.
  var count: [Double]
  /// Mean time occupied for each vehicle [s] by detector and slot.
  var onTime: [Double]
  /// Variance over mean of five-minute counts about what the neighbours predict.
  var dispersion: [Double]
  /// Standard deviation of the logarithm of five-minute time occupied for each vehicle about the neighbours' prediction.
  var onTimeSpread: [Double]

  /// Learns from `history`: for each detector its sound observations of 30 s, any number of days.
  ///
  /// Slots without data take the mean of the day; detectors without any stay unjudged against neighbours.
  public init(neighbours: [[Int]], history: [[Observation]]) {
    detectors = neighbours.count
    self.neighbours = neighbours
    precondition(history.count == detectors, "\(history.count) histories for \(detectors) detectors")
    count = [Double](repeating: 0, count: detectors * Self.slots)
    onTime = count
    dispersion = [Double](repeating: 1, count: detectors)
    onTimeSpread = [Double](repeating: 0.25, count: detectors)
    for d in 0..<detectors {
      var samples = [Double](repeating: 0, count: Self.slots), vehicles = samples, occupied = samples
      for o in history[d] where o.quality == .measured {
        let s = Self.slot(o.begin)
        samples[s] += 1
        vehicles[s] += o.count
        occupied[s] += o.occupancy * (o.end - o.begin).seconds
      }
      let total = samples.reduce(0, +)
      let mean = total > 0 ? vehicles.reduce(0, +) / total : 0
      let meanOn = max(0.05, occupied.reduce(0, +) / max(1, vehicles.reduce(0, +)))
      for s in 0..<Self.slots {
        // A slot is smoothed with its neighbours, so that one day of history already serves.
        var n = 0.0, v = 0.0, w = 0.0
        for (offset, weight) in [(-1, 0.5), (0, 1.0), (1, 0.5)] {
          let k = (s + offset + Self.slots) % Self.slots
          n += weight * samples[k]
          v += weight * vehicles[k]
          w += weight * occupied[k]
        }
        count[d * Self.slots + s] = max(0.025, n > 0 ? v / n : mean)
        onTime[d * Self.slots + s] = (w + 5 * meanOn) / (v + 5)
      }
    }
    // How far five-minute figures stray from the neighbours' prediction, from the same days.
    var squares = [Double](repeating: 0, count: detectors), terms = squares, spread = squares, spreads = squares
    let byTime = history.map { Self.fiveMinutes($0) }
    for d in 0..<detectors where !neighbours[d].isEmpty {
      for (t, own) in byTime[d] {
        let s = Self.slot(Instant(milliseconds: t))
        var ratios: [Double] = [], onRatios: [Double] = []
        for j in neighbours[d] {
          guard let other = byTime[j][t] else { continue }
          ratios.append((other.0 + 1) / (count[j * Self.slots + s] * 10 + 1))
          if other.0 >= 3 { onRatios.append(other.1 / other.0 / onTime[j * Self.slots + s]) }
        }
        guard !ratios.isEmpty else { continue }
        let expected = count[d * Self.slots + s] * 10 * HealthBaseline.median(&ratios)
        if expected > 3 {
          squares[d] += (own.0 - expected) * (own.0 - expected) / expected
          terms[d] += 1
        }
        if own.0 >= 3, own.1 > 0 {
          let prediction = onTime[d * Self.slots + s] * (onRatios.isEmpty ? 1 : HealthBaseline.median(&onRatios))
          let e = (own.1 / own.0 / prediction).logarithm
          spread[d] += e * e
          spreads[d] += 1
        }
      }
      if terms[d] > 20 { dispersion[d] = max(1, squares[d] / terms[d]) }
      if spreads[d] > 20 { onTimeSpread[d] = max(0.05, (spread[d] / spreads[d]).squareRoot()) }
    }
  }

  static func slot(_ t: Instant) -> Int {
    let day: Int64 = 86_400_000
    let within = ((t.milliseconds % day) + day) % day
    return Int(within / 900_000)
  }

  /// Count and seconds occupied in each full five minutes.
  static func fiveMinutes(_ observations: [Observation]) -> [Int64: (Double, Double)] {
    var result: [Int64: (Double, Double)] = [:]
    for o in observations where o.quality == .measured {
      let t = floorDivide(o.begin.milliseconds, 300_000) * 300_000
      let old = result[t] ?? (0, 0)
      result[t] = (old.0 + o.count, old.1 + o.occupancy * (o.end - o.begin).seconds)
    }
    return result
  }

  static func median(_ values: inout [Double]) -> Double {
    values.sort()
    let n = values.count
    return n % 2 == 1 ? values[n / 2] : (values[n / 2 - 1] + values[n / 2]) / 2
  }
}
