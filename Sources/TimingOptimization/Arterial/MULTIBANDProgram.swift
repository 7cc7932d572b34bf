import Foundation
import IntegerPrograms

/// MULTIBAND: on every link a band of its own about one progression line, weighted by the traffic that would use it (Gartner, Assmann,
/// Lasaga & Hou, Transportation Research B 25, 1991), and AM-Band, which lets each band lie to one side of the line (after Zhang, Xie,
/// Gartner, Stamatiadis & Arsava, Transportation Research C 58, 2015).
public struct MULTIBANDProgram: Equatable, Sendable {
  public var problem: ArterialProblem
  /// The exponent p of the weights a = (V/S)ᵖ; 0 weighs all links alike.
  public var volumeExponent: Double
  /// The least share of a band on either side of the progression line: ½ for MULTIBAND's symmetric bands, 0 for free ones.
  public var leastHalf: Double
  /// Whether on each link the band of the heavier direction is at least as much wider as its volume: (1 − k)·b̄ ≥ (1 − k)·k·b with
  /// k = V̄/V.
  public var keepsVolumeRatio: Bool

  /// MULTIBAND.
  public init(_ problem: ArterialProblem, volumeExponent: Double = 1, keepsVolumeRatio: Bool = false) {
    self.problem = problem
    self.volumeExponent = volumeExponent
    leastHalf = 0.5
    self.keepsVolumeRatio = keepsVolumeRatio
  }

  /// AM-Band.
  ///
  /// - Parameter leastHalf: the least share of a band on either side of the line, from 0 to ½.
  public static func amBand(_ problem: ArterialProblem, leastHalf: Double = 0, volumeExponent: Double = 1) -> MULTIBANDProgram {
    precondition(leastHalf >= 0 && leastHalf <= 0.5, "a least half of \(leastHalf)")
    var program = MULTIBANDProgram(problem, volumeExponent: volumeExponent)
    program.leastHalf = leastHalf
    return program
  }

  /// The weight of a direction of a link in the objective.
  public func weight(_ travel: ArterialProblem.Travel) -> Double { pow(travel.volume / travel.saturationFlow, volumeExponent) }

  /// The program as the solver is given it.
  public var mixedIntegerProgram: MixedIntegerProgram { built().model.program }

  /// Solves the program: maximise Σ(a·b + ā·b̄) over the number of links. Precondition: the problem passes its check.
  public func solve(_ settings: MixedIntegerSettings = MixedIntegerSettings()) -> ArterialSolution {
    let (model, out, back) = built()
    return model.solve(settings) { point in
      func read(_ halves: Halves) -> ArterialTiming.Band { .init(before: point[halves.before], after: point[halves.after]) }
      return (out.map(read), back.map(read))
    }
  }

  private typealias Halves = (before: MixedIntegerProgram.Variable, after: MixedIntegerProgram.Variable)

  private func built() -> (model: ProgressionModel, out: [Halves], back: [Halves]) {
    var model = ProgressionModel(problem)
    let n = Double(problem.links.count)
    var (out, back): ([Halves], [Halves]) = ([], [])
    for (i, link) in problem.links.enumerated() {
      let (here, there) = (i, i + 1)
      out.append(addBand(&model, weight(link.outbound) / n))
      back.append(addBand(&model, weight(link.inbound) / n))
      for k in [here, there] {
        let name = "signal \(problem.signals[k].name): the band fits the green"
        // w runs from the end of red to the outbound line, w̄ from the inbound line to the next red.
        model.program.require(name, model.w[k].expression - out[i].before.expression, atLeast: 0)
        model.program.require(name, model.w[k] + out[i].after - model.green(k, .outbound), atMost: 0)
        model.program.require(name, model.wBack[k].expression - back[i].after.expression, atLeast: 0)
        model.program.require(name, model.wBack[k] + back[i].before - model.green(k, .inbound), atMost: 0)
      }
      if keepsVolumeRatio, link.outbound.volume > 0, link.inbound.volume != link.outbound.volume {
        let k = link.inbound.volume / link.outbound.volume
        let widths = (1 - k) * (back[i].before + back[i].after) - ((1 - k) * k) * (out[i].before + out[i].after)
        model.program.require("link \(i + 1): ratio of the bands", widths, atLeast: 0)
      }
    }
    // A line must lie within green even where no band uses it.
    for (i, signal) in problem.signals.enumerated() {
      let name = "signal \(signal.name): the line meets the green"
      model.program.require(name, model.w[i].expression - model.green(i, .outbound), atMost: 0)
      model.program.require(name, model.wBack[i].expression - model.green(i, .inbound), atMost: 0)
    }
    return (model, out, back)
  }

  private func addBand(
    _ model: inout ProgressionModel, _ weight: Double
  ) -> (before: MixedIntegerProgram.Variable, after: MixedIntegerProgram.Variable) {
    let before = model.program.addVariable("band before the line", 0...1)
    let after = model.program.addVariable("band after the line", 0...1)
    model.program.objective += weight * before + weight * after
    if leastHalf == 0.5 {
      model.program.require("symmetric bands", before.expression - after.expression, equals: 0)
    } else if leastHalf > 0 {
      let μ = leastHalf
      model.program.require("asymmetry of the bands", (1 - μ) * before - μ * after, atLeast: 0)
      model.program.require("asymmetry of the bands", (1 - μ) * after - μ * before, atLeast: 0)
    }
    return (before, after)
  }
}
