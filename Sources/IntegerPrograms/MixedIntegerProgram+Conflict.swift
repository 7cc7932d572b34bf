extension MixedIntegerProgram {
  /// An irreducible set of constraint names that cannot be met together with the variables' bounds: leave any one of them out, and
  /// the rest can. Nil where the program is feasible, or where a time limit hid the answer.
  ///
  /// By deletion: every name is left out in turn and stays out while the rest is still infeasible (Chinneck, *Feasibility and
  /// Infeasibility in Optimization*, 2008, ch. 6). One solve a name.
  public func conflict(_ settings: MixedIntegerSettings = MixedIntegerSettings(timeLimit: 10)) -> [String]? {
    var names: [String] = []
    var known = Set<String>()
    for constraint in constraints where known.insert(constraint.name).inserted { names.append(constraint.name) }
    var feasibility = self
    feasibility.objective = LinearExpression()
    guard feasibility.solve(settings).status == .infeasible else { return nil }
    var kept = known
    for name in names {
      kept.remove(name)
      if feasibility.keeping(kept).solve(settings).status != .infeasible { kept.insert(name) }
    }
    return names.filter(kept.contains)
  }
}
