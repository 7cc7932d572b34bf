import TrafficModel

/// Reads what a signal showed, second by second, and counts every broken rule: an independent reading, which shares nothing with the
/// monitor but the rules.
public struct SafetyAudit: Sendable {
  public enum Fault: String, Sendable, Codable, CaseIterable {
    case conflictingGreens, missingYellow, shortYellow, shortGreen, shortRedClearance, unknownIndication, stateLength, starved
  }

  private let rules: TimingConstraints
  /// For each link the foes that may not be green with it: all, and only when both are protected.
  private let foes: [UInt64], protectedFoes: [UInt64]
  private let minimumGreen: [Int64], yellow: [Int64], redClearance: [Int64], maximumRed: [Int64]
  private let mayStop: UInt64
  private var shown: [Indication]
  /// Begin of the present green and of the present yellow, and end of the last yellow or green [ms]; `never` before the first.
  private var greenSince: [Int64], yellowSince: [Int64], openUntil: [Int64], waitingSince: [Int64]
  private static let never = Int64.min / 4
  private var isFirst = true
  public private(set) var counts: [Fault: Int] = [:]
  /// The first fault, for the eye.
  public private(set) var example: String?

  /// Precondition: at most 64 links.
  /// - Parameter turnsOnRed: links that may show the arrow that lets turn after a stop.
  public init(_ rules: TimingConstraints, turnsOnRed: [Bool]) {
    let n = rules.links.count
    precondition(n <= 64, "\(n) links; 64 can be audited")
    self.rules = rules
    var foes = [UInt64](repeating: 0, count: n), protected = foes
    for i in 0..<n {
      for j in 0..<n where i != j {
        if rules.exceptions.contains(where: { ($0.first == i && $0.second == j) || ($0.first == j && $0.second == i) }) { continue }
        if rules.conflicts[i, j] == .conflict { foes[i] |= 1 << UInt64(j) }
        if rules.conflicts[i, j] == .permissive { protected[i] |= 1 << UInt64(j) }
      }
    }
    self.foes = foes
    protectedFoes = protected
    minimumGreen = rules.links.map(\.minimumGreen.milliseconds)
    yellow = rules.links.map(\.yellow.milliseconds)
    redClearance = rules.links.map(\.redClearance.milliseconds)
    maximumRed = rules.links.map(\.maximumRed.milliseconds)
    mayStop = turnsOnRed.indices.reduce(0) { $0 | (turnsOnRed[$1] ? 1 << UInt64($1) : 0) }
    shown = [Indication](repeating: .red, count: n)
    greenSince = [Int64](repeating: Self.never, count: n)
    yellowSince = greenSince
    openUntil = greenSince
    waitingSince = [Int64](repeating: .max, count: n)
  }

  /// The watch starts anew: what is shown next is taken as it is.
  public mutating func restart() {
    isFirst = true
    for i in shown.indices {
      greenSince[i] = Self.never
      yellowSince[i] = Self.never
      openUntil[i] = Self.never
      waitingSince[i] = .max
    }
  }

  /// - Parameter called: bit for each link for which somebody waits.
  public mutating func see(_ state: SignalState, at now: Instant, called: UInt64) {
    let n = shown.count, t = now.milliseconds
    guard state.count == n else { return note(.stateLength, t, state, -1) }
    var green: UInt64 = 0, protected: UInt64 = 0
    for i in 0..<n {
      if state[i].isGreen { green |= 1 << UInt64(i) }
      if state[i] == .green { protected |= 1 << UInt64(i) }
    }
    for i in 0..<n {
      let bit: UInt64 = 1 << UInt64(i), is_ = state[i], was = isFirst ? is_ : shown[i]
      switch is_ {
      case .green, .permissiveGreen:
        if green & foes[i] != 0 || (is_ == .green && protected & protectedFoes[i] != 0) { note(.conflictingGreens, t, state, i) }
        if !was.isGreen {
          greenSince[i] = t
          for j in 0..<n where foes[i] >> UInt64(j) & 1 == 1 {
            let open = !isFirst && (shown[j].isGreen || shown[j] == .yellow) ? t : openUntil[j]
            if open != Self.never, t - open < redClearance[j] { note(.shortRedClearance, t, state, j) }
          }
        }
      case .yellow:
        if was.isGreen, greenSince[i] != Self.never, t - greenSince[i] < minimumGreen[i] { note(.shortGreen, t, state, i) }
        if was != .yellow { yellowSince[i] = isFirst ? Self.never : t }
      case .red, .redYellow, .stopThenProceed:
        if is_ == .stopThenProceed, mayStop & bit == 0 { note(.unknownIndication, t, state, i) }
        if was.isGreen {
          if yellow[i] > 0 { note(.missingYellow, t, state, i) }
          if greenSince[i] != Self.never, t - greenSince[i] < minimumGreen[i] { note(.shortGreen, t, state, i) }
          openUntil[i] = t
        } else if was == .yellow {
          if yellowSince[i] != Self.never, t - yellowSince[i] < yellow[i] { note(.shortYellow, t, state, i) }
          openUntil[i] = t
        }
      case .off, .offBlinking: note(.unknownIndication, t, state, i)
      }
      if green & bit != 0 || is_ == .stopThenProceed || called & bit == 0 {
        waitingSince[i] = .max
      } else if waitingSince[i] == .max {
        waitingSince[i] = t
      } else if t - waitingSince[i] > 3 * maximumRed[i] {
        // The monitor begins to serve at the maximum red; several starved links take turns.
        note(.starved, t, state, i)
        waitingSince[i] = t
      }
      shown[i] = is_
    }
    isFirst = false
  }

  private mutating func note(_ fault: Fault, _ t: Int64, _ state: SignalState, _ link: Int) {
    counts[fault, default: 0] += 1
    if example == nil { example = "\(fault.rawValue) of link \(link) at \(Double(t) / 1000) s: \(state)" }
  }
}
