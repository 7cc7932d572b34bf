import Foundation
import IntegerPrograms

/// The rival: HiGHS through SciPy, where `python3` imports it.
enum HiGHS {
  static let isAvailable = run("import scipy.optimize; print(1)", input: "")?.hasPrefix("1") ?? false

  /// Its processor time and objective, or nil.
  static func solve(_ program: MixedIntegerProgram) -> (seconds: Double, objective: Double)? {
    guard isAvailable else { return nil }
    var (rows, columns, values): ([Int], [Int], [Double]) = ([], [], [])
    for (i, constraint) in program.constraints.enumerated() {
      for term in constraint.expression.terms {
        rows.append(i)
        columns.append(term.variable.index)
        values.append(term.coefficient)
      }
    }
    var cost = [Double](repeating: 0, count: program.columns.count)
    let sign: Double = program.direction == .maximize ? -1 : 1
    for term in program.objective.terms { cost[term.variable.index] += sign * term.coefficient }
    func list(_ values: [Double]) -> String {
      "[" + values.map { $0 == .infinity ? "inf" : ($0 == -.infinity ? "-inf" : "\($0)") }.joined(separator: ",") + "]"
    }
    let script = """
      import time
      from math import inf
      import numpy as np
      from scipy.optimize import milp, LinearConstraint, Bounds
      from scipy.sparse import csr_matrix
      a = csr_matrix((\(list(values)), (\(rows), \(columns))), shape=(\(program.constraints.count), \(program.columns.count)))
      lo = \(list(program.constraints.map { $0.lower - $0.expression.constant }))
      up = \(list(program.constraints.map { $0.upper - $0.expression.constant }))
      t = time.process_time()
      r = milp(\(list(cost)), constraints=LinearConstraint(a, lo, up), integrality=\(program.columns.map { $0.isInteger ? 1 : 0 }),
               bounds=Bounds(\(list(program.columns.map(\.lower))), \(list(program.columns.map(\.upper)))), options=dict(time_limit=120))
      print(time.process_time() - t, r.fun)
      """
    guard let printed = run("-", input: script) else { return nil }
    let numbers = printed.split(whereSeparator: \.isWhitespace).compactMap { Double($0) }
    return numbers.count == 2 ? (numbers[0], sign * numbers[1] + program.objective.constant) : nil
  }

  private static func run(_ argument: String, input: String) -> String? {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = ["python3"] + (argument == "-" ? ["-"] : ["-c", argument])
    let (standardInput, output) = (Pipe(), Pipe())
    process.standardInput = standardInput
    process.standardOutput = output
    process.standardError = FileHandle.nullDevice
    guard (try? process.run()) != nil else { return nil }
    standardInput.fileHandleForWriting.write(Data(input.utf8))
    try? standardInput.fileHandleForWriting.close()
    let data = output.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    return process.terminationStatus == 0 ? String(decoding: data, as: UTF8.self) : nil
  }
}
