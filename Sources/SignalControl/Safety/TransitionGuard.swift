import TrafficModel

/// Turns what a controller would like to show into what may be shown next: greens last their minimum, end through yellow and red
/// clearance, and no link turns green before every foe has cleared.
///
/// Controllers of different kinds can so take turns at any second: whatever the new one asks for, the way there is lawful.
public struct TransitionGuard: Sendable, Hashable {
  public private(set) var shown: SignalState
  /// When each link took its present indication; greens of either kind count as one.
  public private(set) var since: [Instant]
  public let constraints: TimingConstraints
  /// Foes by link: pairs that may not both be green, exceptions taken out.
  let foes: [[Int]]
  /// Pairs that may be green together, but not both protected.
  private let permissiveFoes: [[Int]]

  /// Starts from what the street shows. Precondition: as many links as the constraints have.
  public init(constraints: TimingConstraints, shown: SignalState, since: Instant) {
    precondition(shown.count == constraints.links.count, "\(shown.count) indications for \(constraints.links.count) links")
    self.constraints = constraints
    self.shown = shown
    self.since = [Instant](repeating: since, count: shown.count)
    func partners(_ i: Int, _ relation: ConflictMatrix.Relation) -> [Int] {
      (0..<shown.count).filter { j in
        j != i && constraints.conflicts[i, j] == relation
          && !constraints.exceptions.contains { ($0.first == i && $0.second == j) || ($0.first == j && $0.second == i) }
      }
    }
    foes = (0..<shown.count).map { partners($0, .conflict) }
    permissiveFoes = (0..<shown.count).map { partners($0, .permissive) }
  }

  /// Whether every link shows red and has done so for its clearance.
  public func isClear(at now: Instant) -> Bool { shown.indications.indices.allSatisfy { hasCleared($0, at: now) } }

  /// Whether a change to `target` may begin, or has begun: greens that end do so together, so that no stage appears on the way that
  /// nobody designed.
  public func isReady(for target: SignalState, at now: Instant) -> Bool {
    if shown.hasYellow { return true }
    return shown.indications.indices.allSatisfy { i in
      !shown[i].isGreen || target[i].isGreen || now - since[i] >= constraints.links[i].minimumGreen
    }
  }

  /// Whether every green that is shown has had its shortest time.
  public func owesNoGreen(at now: Instant) -> Bool {
    shown.indications.indices.allSatisfy { !shown[$0].isGreen || now - since[$0] >= constraints.links[$0].minimumGreen }
  }

  /// Yellow and red clearance of a link.
  public func clearance(of link: Int) -> TimeAmount { constraints.links[link].yellow + constraints.links[link].redClearance }

  /// Takes over a state that the street shows from `now` on, whoever decided it.
  public mutating func record(_ state: SignalState, at now: Instant) {
    precondition(state.count == shown.count, "\(state.count) indications for \(shown.count) links")
    for i in 0..<shown.count { set(i, state[i], now) }
  }

  /// Moves one step toward `wanted` and returns what to show from `now` on.
  public mutating func advance(toward wanted: SignalState, at now: Instant) -> SignalState {
    guard wanted.count == shown.count else { return shown }
    let wantsDark = wanted.indications.allSatisfy { $0 == .offBlinking || $0 == .off }
    if wantsDark {
      if shown.indications.allSatisfy({ $0 == .offBlinking || $0 == .off }) { return shown }
      if isClear(at: now) {
        record(wanted, at: now)
        return shown
      }
    }
    // What ends, ends first, so that its clearance counts for those that wait.
    for i in 0..<shown.count {
      let elapsed = now - since[i], limits = constraints.links[i]
      switch shown[i] {
      case .green, .permissiveGreen:
        if !wanted[i].isGreen && elapsed >= limits.minimumGreen { set(i, limits.yellow > .zero ? .yellow : .red, now) }
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
          if foes[i].allSatisfy({ hasCleared($0, at: now) }) { set(i, green(for: i, wanted[i]), now) }
        } else if wanted[i] == .redYellow {
          if shown[i] == .red, foes[i].allSatisfy({ hasCleared($0, at: now) }) { set(i, .redYellow, now) }
        } else {
          set(i, wanted[i] == .stopThenProceed ? .stopThenProceed : .red, now)
        }
      case .green, .permissiveGreen:
        if wanted[i].isGreen { set(i, green(for: i, wanted[i]), now) }
      case .yellow, .off, .offBlinking: break
      }
    }
    return shown
  }

  func hasCleared(_ i: Int, at now: Instant) -> Bool {
    (shown[i] == .red || shown[i] == .stopThenProceed) && now - since[i] >= constraints.links[i].redClearance
  }

  /// Protected green only where no permissive foe has it already.
  private func green(for i: Int, _ wanted: Indication) -> Indication {
    guard wanted == .green else { return .permissiveGreen }
    return permissiveFoes[i].contains { shown[$0] == .green } ? .permissiveGreen : .green
  }

  private mutating func set(_ i: Int, _ indication: Indication, _ now: Instant) {
    guard shown[i] != indication else { return }
    // Protected and permissive green change into each other without an end of green, red and the turn arrow without an end of red.
    let isSameRun = (shown[i].isGreen && indication.isGreen) || (isRed(shown[i]) && isRed(indication))
    shown[i] = indication
    if !isSameRun { since[i] = now }
  }

  private func isRed(_ i: Indication) -> Bool { i == .red || i == .stopThenProceed }
}
