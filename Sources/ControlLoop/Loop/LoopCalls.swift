import TrafficModel

/// Who waits at a signal according to the loops at its stop lines: a link is called while a loop of one of its lanes is occupied.
public struct LoopCalls: Sendable {
  /// How near to the stop line a loop counts [m].
  private static let reach = 12.0
  /// Loops of each link; a link without any may always have somebody waiting.
  private var loops: [SignalLink: [DetectorID]] = [:]
  private var occupied: Set<DetectorID> = []

  public init(network: RoadNetwork, detectors: [Detector]) {
    var onLane: [LaneID: [DetectorID]] = [:]
    for detector in detectors {
      guard case .point(let lane, let position) = detector.kind, network[lane].length - position < Self.reach else { continue }
      onLane[lane, default: []].append(detector.id)
    }
    for connection in network.connections {
      guard let link = connection.signal, let own = onLane[connection.fromLane] else { continue }
      loops[link, default: []] += own
    }
  }

  public mutating func note(_ events: [DetectorEvent]) {
    for event in events {
      switch event.change {
      case .on: occupied.insert(event.detector)
      case .off, .fault: occupied.remove(event.detector)
      case .restored: break
      }
    }
  }

  public func isCalled(_ signal: SignalID, _ index: Int) -> Bool {
    guard let own = loops[SignalLink(signal: signal, index: index)] else { return true }
    return own.contains { occupied.contains($0) }
  }
}
