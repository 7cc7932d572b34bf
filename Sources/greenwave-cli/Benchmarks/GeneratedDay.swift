import Foundation
import Greenwave

/// A day of 30 s samples from many stations, with faults whose kind, size and time are known: what health checks are judged on.
struct GeneratedDay {
  enum Fault: String, CaseIterable {
    case stuckOn, stuckOff, chattering, drifting, longPulses, shortPulses, frozen, missing
  }
  struct Injected {
    var detector: Int
    var fault: Fault
    /// Gain of counts or pulses by kind; 1 where it has none.
    var size: Double
    var begin: Double
    var end: Double
  }

  static let begin = 5 * 3600.0, end = 22 * 3600.0, sample = 30.0
  var samples: [[Observation]]
  var faults: [Injected]
  var neighbours: [[Int]]

  /// `stations` stations of three lanes in chains of six along roads; `faultShare` of the detectors get one fault each.
  init(stations: Int, faultShare: Double, seed: UInt64, day: Int) {
    let lanes = 3
    let n = stations * lanes
    neighbours = (0..<n).map { d in
      let station = d / lanes
      var near = (station * lanes..<(station + 1) * lanes).filter { $0 != d }
      for other in [station - 1, station + 1] where other >= 0 && other < stations && other / 6 == station / 6 {
        near += other * lanes..<(other + 1) * lanes
      }
      return near
    }
    var constants = RandomStream(seed: seed, stream: 1)
    // What a station is does not change from day to day.
    let volume = (0..<stations / 6 + 1).map { _ in constants.uniform(250, 750) }
    let share = (0..<n).map { d in [0.8, 1.1, 0.9][d % lanes] * constants.uniform(0.9, 1.1) }
    let morning = (0..<stations / 6 + 1).map { _ in constants.uniform(0.5, 1.3) }
    let loop = (0..<n).map { _ in constants.uniform(0.42, 0.62) }
    var random = RandomStream(seed: seed, stream: 100 + UInt64(day))

    // Faults of this day.
    faults = []
    for d in random.permutation(n).prefix(Int((Double(n) * faultShare).rounded())) {
      let fault = Fault.allCases[faults.count % Fault.allCases.count]
      let length: Double
      let size: Double
      switch fault {
      case .stuckOn: (length, size) = (random.uniform(20, 180), 1)
      case .stuckOff: (length, size) = (random.uniform(45, 240), 0)
      case .chattering: (length, size) = (random.uniform(45, 180), random.uniform(1.6, 3))
      case .drifting: (length, size) = (random.uniform(180, 360), random.uniform(0.35, 0.6))
      case .longPulses: (length, size) = (random.uniform(60, 240), random.uniform(1.8, 3))
      case .shortPulses: (length, size) = (random.uniform(60, 240), random.uniform(0.3, 0.55))
      case .frozen: (length, size) = (random.uniform(20, 120), 1)
      case .missing: (length, size) = (random.uniform(45, 180), 1)
      }
      let start = random.uniform(Self.begin + 3600, Self.end - length * 60)
      faults.append(Injected(detector: d, fault: fault, size: size, begin: start, end: start + length * 60))
    }
    let faultOf = Dictionary(uniqueKeysWithValues: faults.map { ($0.detector, $0) })

    samples = [[Observation]](repeating: [], count: n)
    // Slow common movement of each road, and queues in the peaks that lengthen every pulse.
    var level = [Double](repeating: 0, count: stations / 6 + 1)
    let congested = level.map { _ in random.uniform() < 0.5 ? random.uniform(1.5, 3) : 1 }
    var frozen = [Int: (Double, Double)]()
    var k = 0
    var t = Self.begin
    while t < Self.end {
      for road in level.indices { level[road] = 0.98 * level[road] + random.normal(standardDeviation: 0.02) }
      for d in 0..<n {
        let road = d / lanes / 6
        let hour = t / 3600
        let profile =
          0.25 + morning[road] * exp(-pow((hour - 8) / 1.3, 2)) + (1.6 - morning[road]) * exp(-pow((hour - 17.3) / 1.7, 2)) + 0.35
          * exp(-pow((hour - 13) / 4, 2))
        // A signal upstream lets vehicles pass in two of three samples of its 90 s cycle.
        let pulse = [1.4, 1.2, 0.4][(k + d / lanes) % 3]
        let mean = volume[road] / 120 * share[d] * profile * exp(level[road]) * pulse
        var count = Double(random.poisson(mean: mean))
        let peak = max(exp(-pow((hour - 8) / 0.8, 2)), exp(-pow((hour - 17.3) / 0.9, 2)))
        var on = loop[d] * (1 + (congested[road] - 1) * peak) * exp(random.normal(standardDeviation: 0.12))
        var occupancy = min(1, count * on / Self.sample)
        var isMissing = random.uniform() < 0.002
        if let f = faultOf[d], t >= f.begin, t < f.end {
          switch f.fault {
          case .stuckOn: (count, occupancy) = (0, 1)
          case .stuckOff: (count, occupancy) = (0, 0)
          case .chattering:
            let extra = Double(random.poisson(mean: count * (f.size - 1)))
            occupancy = min(1, (count * on + extra * 0.06) / Self.sample)
            count += extra
          case .drifting:
            // Sensitivity falls for the first half of the fault and stays.
            let progress = min(1, 2 * (t - f.begin) / (f.end - f.begin))
            let keep = 1 - (1 - f.size) * progress
            var kept = 0.0
            for _ in 0..<Int(count) where random.uniform() < keep { kept += 1 }
            count = kept
            occupancy = min(1, count * on / Self.sample)
          case .longPulses, .shortPulses:
            on *= f.size
            occupancy = min(1, count * on / Self.sample)
          case .frozen:
            let held = frozen[d] ?? (max(1, count), max(occupancy, 0.01))
            frozen[d] = held
            (count, occupancy) = held
          case .missing: isMissing = true
          }
        }
        if !isMissing {
          samples[d].append(
            Observation(
              detector: DetectorID(d), begin: Instant(seconds: t), end: Instant(seconds: t + Self.sample), count: count,
              occupancy: occupancy))
        }
      }
      k += 1
      t += Self.sample
    }
  }
}
