import TrafficModel

/// Each signal's own program, run the way its kind asks: by the clock, by gaps between vehicles, or by the time they lose.
///
/// What has no controller of its own here (ring-barrier programs, rail signals) runs its stages by their durations.
public final class ProgramController: SignalController {
  public let signals: [SignalID]
  /// Vehicle reports are asked for by some program.
  public let needsVehicles: Bool
  /// Detectors, or vehicle reports, are asked for by some program.
  public let isResponsive: Bool
  private let parts: [(controller: any SignalController, runs: [Bool])]

  /// - Parameters:
  ///   - detectors: the loops of actuated programs, as ``ActuatedController/loops(for:first:settings:)`` lays them.
  ///   - signals: those to run; nil: all that have a program.
  public init(network: RoadNetwork, detectors: [Detector] = [], signals wanted: Set<SignalID>? = nil) {
    func runs(_ kinds: (SignalProgram.Kind) -> Bool) -> [Bool] {
      network.signals.map { signal in
        guard let program = signal.activeProgram, wanted?.contains(signal.id) ?? true else { return false }
        return kinds(program.kind)
      }
    }
    let actuated = runs { $0 == .actuated }, delayBased = runs { $0 == .delayBased }
    let timed = runs { $0 != .actuated && $0 != .delayBased }
    var parts: [(controller: any SignalController, runs: [Bool])] = []
    if timed.contains(true) { parts.append((FixedTimeController(network: network), timed)) }
    if actuated.contains(true) { parts.append((ActuatedController(network: network, detectors: detectors), actuated)) }
    if delayBased.contains(true) { parts.append((DelayBasedController(network: network), delayBased)) }
    self.parts = parts
    needsVehicles = delayBased.contains(true)
    isResponsive = needsVehicles || actuated.contains(true)
    signals = parts.flatMap { part in part.controller.signals.filter { part.runs[$0.index] } }.sorted { $0.index < $1.index }
  }

  public func tick(now: Instant, inputs: ControlInputs) -> [SignalCommand] {
    var commands: [SignalCommand] = []
    for part in parts { commands += part.controller.tick(now: now, inputs: inputs).filter { part.runs[$0.signal.index] } }
    return parts.count > 1 ? commands.sorted { $0.signal.index < $1.signal.index } : commands
  }
}
