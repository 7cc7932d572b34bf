import Dispatch
import Microsimulation
import TimingOptimization
import TrafficModel

/// Judges plans by simulating the scenario's traffic under them: replication k of every plan has the same seed and the same demand.
public struct SimulatedPlanEvaluator: PlanEvaluator, Sendable {
  public let scenario: Scenario
  /// What replications simulate in turn: the scenario's demand, or several that may well be.
  public let demands: [Demand]
  /// One seed a replication.
  public var seeds: [UInt64]
  /// Simulations run at a time; changes nothing but the time taken.
  public var threads: Int

  /// Throws for demand that cannot be driven.
  ///
  /// - Parameter demands: instead of the scenario's own; replication k simulates number k modulo their count.
  public init(
    _ scenario: Scenario, demands: [Demand]? = nil, seeds: [UInt64], threads: Int = 1
  ) throws(InputProblems) {
    precondition(!seeds.isEmpty && threads > 0, "an evaluator needs a seed and a thread")
    self.scenario = scenario
    self.demands = demands ?? [scenario.demand]
    precondition(!self.demands.isEmpty, "an evaluator needs a demand")
    self.seeds = seeds
    self.threads = threads
    // The first run finds what is wrong with the demand, so that the others may rely on it.
    for demand in self.demands { _ = try Simulation(network: scenario.network, demand: demand, settings: settings(seed: seeds[0])) }
  }

  func settings(seed: UInt64) -> Simulation.Settings {
    let o = scenario.options
    return Simulation.Settings(
      begin: scenario.begin, end: scenario.end, step: .seconds(o.stepLength), seed: seed, threads: 1,
      timeToTeleport: o.timeToTeleport ?? -1, timeToImpatience: o.timeToImpatience ?? -1,
      maximumDepartureDelay: o.maximumDepartureDelay ?? -1)
  }

  public func evaluate(_ plans: [TimingPlan], replications: Range<Int>) -> [[PlanMeasures]] {
    precondition(replications.lowerBound >= 0 && replications.upperBound <= seeds.count, "replications \(replications) of \(seeds.count)")
    let runs = plans.indices.flatMap { p in replications.map { (plan: p, replication: $0) } }
    let results = UnsafeMutableBufferPointer<PlanMeasures>.allocate(capacity: runs.count)
    results.initialize(repeating: PlanMeasures(delay: .infinity, stops: 0, vehicles: 0, arrived: 0))
    defer { results.deallocate() }
    let target = SendableBuffer(results)
    if threads == 1 {
      for k in runs.indices { target.buffer[k] = measure(plans[runs[k].plan], replication: runs[k].replication) }
    } else {
      let workers = min(threads, runs.count)
      DispatchQueue.concurrentPerform(iterations: workers) { w in
        var k = w
        while k < runs.count {
          target.buffer[k] = measure(plans[runs[k].plan], replication: runs[k].replication)
          k += workers
        }
      }
    }
    var table = plans.map { _ in [PlanMeasures]() }
    for k in runs.indices { table[runs[k].plan].append(results[k]) }
    return table
  }

  private func measure(_ plan: TimingPlan, replication k: Int) -> PlanMeasures {
    measure(plan, demand: demands[k % demands.count], seed: seeds[k])
  }

  /// One run of the scenario under a plan; signals the plan does not time keep their own program.
  public func measure(_ plan: TimingPlan, demand: Demand? = nil, seed: UInt64) -> PlanMeasures {
    let demand = demand ?? scenario.demand
    guard let simulation = try? Simulation(network: scenario.network, demand: demand, settings: settings(seed: seed)) else {
      return PlanMeasures(delay: .infinity, stops: 0, vehicles: 0, arrived: 0)
    }
    let clocks = scenario.network.signals.compactMap { signal -> (SignalID, StageClock)? in
      guard let program = plan.program(for: signal.id) ?? signal.activeProgram, let clock = StageClock(program) else { return nil }
      return (signal.id, clock)
    }
    var shown = clocks.map { _ in -1 }
    var loss = 0.0
    var stops = 0
    var vehicles = 0
    var travel = 0.0
    func add(_ trips: [TripRecord]) {
      for t in trips {
        loss += t.timeLoss + t.departureDelay
        stops += t.stops
        travel += t.duration
      }
      vehicles += trips.count
    }
    while !simulation.isFinished {
      for (k, (signal, clock)) in clocks.enumerated() {
        let stage = clock.stage(at: simulation.now)
        guard stage != shown[k] else { continue }
        shown[k] = stage
        simulation.setSignal(signal, clock.states[stage])
      }
      simulation.step()
    }
    add(simulation.drainTrips())
    let arrived = vehicles
    add(simulation.unfinishedTrips())
    return PlanMeasures(
      delay: vehicles > 0 ? loss / Double(vehicles) : 0, stops: vehicles > 0 ? Double(stops) / Double(vehicles) : 0, vehicles: vehicles,
      arrived: arrived, travelTime: vehicles > 0 ? travel / Double(vehicles) : 0)
  }
}

/// Which stage of a fixed-time program shows when, looked up by second of cycle.
private struct StageClock {
  let states: [SignalState]
  private let ends: [Int64]
  private let cycle: Int64
  private let offset: Int64

  init?(_ program: SignalProgram) {
    let stages = program.stages
    guard program.cycle > .zero else { return nil }
    states = stages.map(\.state)
    var clock: Int64 = 0
    ends = stages.map { stage in
      clock += stage.duration.milliseconds
      return clock
    }
    cycle = clock
    offset = program.offset.milliseconds
  }

  func stage(at now: Instant) -> Int {
    var within = (now.milliseconds - offset) % cycle
    if within < 0 { within += cycle }
    return ends.firstIndex { within < $0 } ?? 0
  }
}

/// Threads write disjoint places of it.
private struct SendableBuffer: @unchecked Sendable {
  let buffer: UnsafeMutableBufferPointer<PlanMeasures>
  init(_ buffer: UnsafeMutableBufferPointer<PlanMeasures>) { self.buffer = buffer }
}
