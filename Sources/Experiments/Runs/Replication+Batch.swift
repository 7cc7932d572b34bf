import Dispatch
import Synchronization
import TrafficModel

extension Replication {
  /// Runs many, some at the same time; results stand in the order of `batch` whatever the order in which they end.
  ///
  /// - Throws: the first failure in that order.
  public static func runAll(_ batch: [Replication], threads: Int = 1) throws(InputProblems) -> [RunRecord] {
    let results = Mutex<[Result<RunRecord, InputProblems>?]>(Array(repeating: nil, count: batch.count))
    let next = Atomic(0)
    DispatchQueue.concurrentPerform(iterations: max(1, min(threads, batch.count))) { _ in
      while true {
        let job = next.add(1, ordering: .relaxed).oldValue
        guard job < batch.count else { return }
        let result = Result { () throws(InputProblems) in try batch[job].run() }
        results.withLock { $0[job] = result }
      }
    }
    var records: [RunRecord] = []
    for result in results.withLock({ $0 }) { records.append(try result!.get()) }
    return records
  }
}
