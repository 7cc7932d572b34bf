import Foundation
import LinearAlgebra

/// The rival: SuperLU through SciPy, where `python3` imports it.
enum SciPy {
  static func generalisedLeastSquares(_ city: City) -> (seconds: Double, solution: [Double])? {
    let a = city.design
    let script = """
      import sys, json, time
      import numpy as np
      from scipy.sparse import csc_matrix, diags
      from scipy.sparse.linalg import splu
      d = json.load(sys.stdin)
      a = csc_matrix((d["values"], d["rows"], d["starts"]), shape=(d["m"], d["n"]))
      h = (a.T @ diags(d["weights"]) @ a + diags(np.full(d["n"], d["prior"]))).tocsc()
      t = time.process_time()
      x = splu(h, permc_spec="MMD_AT_PLUS_A", options=dict(SymmetricMode=True), diag_pivot_thresh=0.0).solve(np.array(d["right"]))
      print(time.process_time() - t)
      print(*x.tolist())
      """
    struct Input: Encodable {
      var m, n: Int
      var starts, rows: [Int]
      var values, weights, right: [Double]
      var prior: Double
    }
    let input = Input(
      m: a.rows, n: a.columns, starts: a.starts, rows: a.rowIndices, values: a.values, weights: city.weights, right: city.right,
      prior: city.priorWeight)
    guard let data = try? JSONEncoder().encode(input) else { return nil }
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = ["python3", "-c", script]
    let (standardInput, output) = (Pipe(), Pipe())
    process.standardInput = standardInput
    process.standardOutput = output
    process.standardError = FileHandle.nullDevice
    guard (try? process.run()) != nil else { return nil }
    // A missing SciPy ends the process before it has read everything: that must not end ours.
    signal(SIGPIPE, SIG_IGN)
    try? standardInput.fileHandleForWriting.write(contentsOf: data)
    try? standardInput.fileHandleForWriting.close()
    let printed = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    process.waitUntilExit()
    let numbers = printed.split(whereSeparator: \.isWhitespace).compactMap { Double($0) }
    return numbers.count == 1 + a.columns ? (numbers[0], Array(numbers.dropFirst())) : nil
  }
}
