/// Yperman's link transmission model of a road in series: cumulative counts at both ends of each link, nothing in between.
///
/// A link sends what entered one free-flow time ago and has not left, and receives what left one wave time ago plus what it stores
/// (Newell's simplified kinematic waves). Exact for a triangular diagram at steps that divide both times.
/// Flows in veh/s, times in s, lengths in m.
/// Source: I. Yperman, *The Link Transmission Model for Dynamic Network Loading*, KU Leuven, 2007.
public struct LinkTransmission: Sendable {
  public struct Link: Sendable, Hashable {
    /// [m]
    public var length: Double
    public var diagram: TriangularFundamentalDiagram

    public init(length: Double, diagram: TriangularFundamentalDiagram) {
      self.length = length
      self.diagram = diagram
    }
  }

  public let links: [Link]
  /// [s]
  public let step: Double
  /// Vehicles that have entered each link by each step.
  public private(set) var entered: [[Double]]
  /// Vehicles that have left each link by each step.
  public private(set) var left: [[Double]]
  /// Vehicles that have wanted to enter by each step.
  public private(set) var demanded: [Double] = [0]

  public init(links: [Link], step: Double) {
    precondition(step > 0 && links.allSatisfy { $0.length >= $0.diagram.freeSpeed * step }, "a link is shorter than one step")
    self.links = links
    self.step = step
    entered = links.map { _ in [0] }
    left = links.map { _ in [0] }
  }

  /// What link `i` can send in the next step [veh].
  public func sending(_ i: Int) -> Double {
    let now = Double(left[i].count)
    let arrived = Self.value(entered[i], at: now - links[i].length / links[i].diagram.freeSpeed / step)
    return max(0, min(arrived - left[i][left[i].count - 1], links[i].diagram.capacity * step))
  }

  /// What link `i` can take in during the next step [veh].
  public func receiving(_ i: Int) -> Double {
    let now = Double(entered[i].count)
    let freed = Self.value(left[i], at: now - links[i].length / links[i].diagram.waveSpeed / step)
    let storage = links[i].diagram.jamDensity * links[i].length
    return max(0, min(freed + storage - entered[i][entered[i].count - 1], links[i].diagram.capacity * step))
  }

  /// Moves one step on.
  /// - Parameters:
  ///   - demand: arrivals at the entrance [veh/s].
  ///   - exitCapacity: what may leave the last link [veh/s]; 0 on red.
  public mutating func advance(demand: Double, exitCapacity: Double = .infinity) {
    let last = links.count - 1
    demanded.append(demanded[demanded.count - 1] + demand * step)
    var flows = [Double](repeating: 0, count: links.count + 1)
    flows[0] = min(demanded[demanded.count - 1] - entered[0][entered[0].count - 1], receiving(0))
    for i in 0..<last { flows[i + 1] = min(sending(i), receiving(i + 1)) }
    flows[last + 1] = min(sending(last), exitCapacity * step)
    for i in 0...last {
      entered[i].append(entered[i][entered[i].count - 1] + flows[i])
      left[i].append(left[i][left[i].count - 1] + flows[i + 1])
    }
  }

  /// Time spent by all vehicles from wanting to enter until leaving, up to now [veh s].
  public var totalTravelTime: Double {
    zip(demanded.dropFirst(), left[links.count - 1].dropFirst()).reduce(0) { $0 + ($1.0 - $1.1) * step }
  }

  /// Vehicles inside or waiting to enter.
  public var stored: Double { demanded[demanded.count - 1] - left[links.count - 1][left[links.count - 1].count - 1] }

  /// Cumulative count at a fractional step, zero before the first.
  private static func value(_ counts: [Double], at index: Double) -> Double {
    guard index > 0 else { return 0 }
    let i = Int(index)
    guard i + 1 < counts.count else { return counts[counts.count - 1] }
    let f = index - Double(i)
    return counts[i] * (1 - f) + counts[i + 1] * f
  }
}
