import TrafficModel

/// Turns what a controller would like to show into what may be shown next: greens last their minimum, end through yellow and red
/// clearance, and no link turns green before every foe has cleared.
///
/// Controllers of different kinds can so take turns at any second: whatever the new one asks for, the way there is lawful. It stands
/// before the conflict monitor and does not replace it: the monitor judges what comes out, from the outside.
public struct LinkTransitions: Sendable, Hashable {
  public private(set) var shown: SignalState
  /// When each link took its present indication.
  public private(set) var since: [Instant]
  private let constraints: TimingConstraints
  /// Foes by link: pairs that may not both be green, exceptions taken out.
  private let foes: [[Int]]
  /// Pairs that may be green together, but not both protected.
  private let permissiveFoes: [[Int]]

  /// Starts from what the street shows. Precondition: as many links as the constraints have.
  public init(constraints: TimingConstraints, shown: SignalState, since: Instant) {
    precondition(shown.count == constraints.links.count, "\(shown.count) indications for \(constraints.links.count) links")
    self.constraints = constraints
    self.shown = shown
    self.since = [Instant](repeating: since, count: shown.count)
    var excepted = Set<[Int]>()
    for exception in constraints.exceptions { excepted.insert([exception.first, exception.second].sorted()) }
    let count = shown.count
    foes = (0..<count).map { i in
      (0..<count).filter { j in j != i && constraints.conflicts[i, j] == .conflict && !excepted.contains([i, j].sorted()) }
    }
    permissiveFoes = (0..<count).map { i in
      (0..<count).filter { j in j != i && constraints.conflicts[i, j] == .permissive && !excepted.contains([i, j].sorted()) }
    }
  }

  /// Whether every link shows red and has done so for its clearance.
  public func isClear(at now: Instant) -> Bool {
    shown.indications.indices.allSatisfy { shown[$0] == .red && now - since[$0] >= constraints.links[$0].redClearance }
  }

  /// Yellow and red clearance of a link.
  public func clearance(of link: Int) -> TimeAmount { constraints.links[link].yellow + constraints.links[link].redClearance }

  /// Moves one step toward `wanted` and returns what to show from `now` on.
  public mutating func advance(toward wanted: SignalState, at now: Instant) -> SignalState {
    guard wanted.count == shown.count else { return shown }
    let wantsDark = wanted.indications.allSatisfy { $0 == .offBlinking || $0 == .off }
    let isDark = shown.indications.allSatisfy { $0 == .offBlinking || $0 == .off }
    if wantsDark {
      if isDark { return shown }
      if isClear(at: now) {
        for i in 0..<shown.count { set(i, wanted[i], now) }
        return shown
      }
    }
    // What ends, ends first, so that its clearance counts for those that wait.
    for i in 0..<shown.count {
      let elapsed = now - since[i], limits = constraints.links[i]
      switch shown[i] {
      case .green, .permissiveGreen:
        let goesOn = wanted[i].isGreen
        if !goesOn && elapsed >= limits.minimumGreen { set(i, limits.yellow > .zero ? .yellow : .red, now) }
      case .yellow:
        if elapsed >= limits.yellow && wanted[i] != .yellow { set(i, wanted[i] == .stopThenProceed ? .stopThenProceed : .red, now) }
      case .offBlinking, .off: set(i, .yellow, now)
      case .red, .redYellow, .stopThenProceed: break
      }
    }
    for i in 0..<shown.count {
      switch shown[i] {
      case .red, .stopThenProceed, .redYellow:
        if wanted[i].isGreen {
          if foes[i].allSatisfy({ hasCleared($0, at: now) }) { set(i, greenFor(i, wanted[i]), now) }
        } else if wanted[i] == .redYellow, shown[i] == .red, foes[i].allSatisfy({ hasCleared($0, at: now) }) {
          set(i, .redYellow, now)
        } else if wanted[i] == .stopThenProceed || wanted[i] == .red || wanted[i] == .yellow || wantsDark, shown[i] != .red,
          wanted[i] != shown[i]
        {
          set(i, .red, now)
        } else if wanted[i] == .stopThenProceed, shown[i] == .red {
          set(i, .stopThenProceed, now)
        }
      case .green, .permissiveGreen:
        if wanted[i].isGreen, wanted[i] != shown[i] {
          // Protected and permissive green change into each other without an end of green.
          shown[i] = greenFor(i, wanted[i])
        }
      case .yellow, .off, .offBlinking: break
      }
    }
    return shown
  }

  private func hasCleared(_ i: Int, at now: Instant) -> Bool {
    (shown[i] == .red || shown[i] == .stopThenProceed) && now - since[i] >= constraints.links[i].redClearance
  }

  private func greenFor(_ i: Int, _ wanted: Indication) -> Indication {
    guard wanted == .green else { return .permissiveGreen }
    return permissiveFoes[i].contains { shown[$0] == .green } ? .permissiveGreen : .green
  }

  private mutating func set(_ i: Int, _ indication: Indication, _ now: Instant) {
    guard shown[i] != indication else { return }
    shown[i] = indication
    since[i] = now
  }
}
