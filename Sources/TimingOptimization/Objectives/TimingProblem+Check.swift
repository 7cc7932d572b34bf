import TrafficModel

extension TimingProblem {
  /// Refuses problems no method can work on, saying why.
  public static func check(_ problem: TimingProblem, file: String) throws(InputProblems) {
    var problems: [InputProblem] = []
    if problem.network.signals.isEmpty {
      problems.append(InputProblem(file: file, element: "network", expected: "at least one signal", found: "none"))
    } else if problem.models.isEmpty {
      problems.append(
        InputProblem(
          file: file, element: "signals", expected: "a signal whose program serves at least two stages", found: "none",
          advice: "give each signal a program with two green stages"))
    }
    if problem.demand.total <= 0 {
      problems.append(
        InputProblem(
          file: file, element: "demand",
          expected: "vehicles between \(problem.demand.boundaries[0].seconds) and "
            + "\(problem.demand.boundaries[problem.demand.boundaries.count - 1].seconds) s", found: "no demand",
          advice: "check the route files and the begin and end of the scenario"))
    }
    for signal in problem.network.signals where signal.activeProgram.map({ $0.kind != .off && $0.cycle <= .zero }) ?? false {
      problems.append(
        InputProblem(
          file: file, element: "signal \(problem.network.name(signal.id))", expected: "a program with positive stage durations",
          found: "zero green"))
    }
    for model in problem.models {
      let rules = RuleFeasibility(model.constraints, usedLinks: model.usedLinks)
      if let contradiction = rules.problem(file: file, signal: model.name) { problems.append(contradiction) }
    }
    guard problems.isEmpty else { throw InputProblems(problems) }
  }
}
