import TrafficModel

/// Gathers what is wrong with one file, so that its owner hears of many faults in one go.
package struct ProblemCollector: Sendable {
  package let file: String
  package private(set) var problems: [InputProblem] = []
  package private(set) var further = 0
  package var isEmpty: Bool { problems.isEmpty }

  /// A broken file of a million lines must not fill the memory with its complaints.
  package static let limit = 100

  package init(file: String) { self.file = file }

  package mutating func add(
    line: Int? = nil, _ element: String? = nil, expected: String, found: String? = nil, advice: String? = nil
  ) {
    add(InputProblem(file: file, line: line, element: element, expected: expected, found: found, advice: advice))
  }

  package mutating func add(_ problem: InputProblem) {
    if problems.count < Self.limit { problems.append(problem) } else { further += 1 }
  }

  package mutating func add(contentsOf others: InputProblems) {
    for problem in others.problems { add(problem) }
    further += others.further
  }

  /// Throws all that was gathered, or returns where there was nothing.
  package func check() throws(InputProblems) {
    if !problems.isEmpty { throw InputProblems(problems, further: further) }
  }
}
