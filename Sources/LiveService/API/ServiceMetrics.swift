import Foundation

/// Counts and times of requests, for Prometheus.
final class ServiceMetrics: @unchecked Sendable {
  private let lock = NSLock()
  private var routes: [String: LatencyHistogram] = [:]
  private var statuses: [String: UInt64] = [:]
  private var refusals: UInt64 = 0

  func note(route: String, status: Int, milliseconds: Double) {
    lock.lock()
    defer { lock.unlock() }
    routes[route, default: LatencyHistogram()].add(milliseconds)
    statuses["\(route)\u{0}\(status)", default: 0] += 1
  }

  func noteRefusal() {
    lock.lock()
    defer { lock.unlock() }
    refusals += 1
  }

  /// Lines in Prometheus's text format.
  func text() -> String {
    lock.lock()
    defer { lock.unlock() }
    var text = "# HELP greenwave_requests_total Requests answered, by route and status.\n# TYPE greenwave_requests_total counter\n"
    for (key, count) in statuses.sorted(by: { $0.key < $1.key }) {
      let parts = key.split(separator: "\u{0}")
      text += "greenwave_requests_total{route=\"\(parts[0])\",status=\"\(parts[1])\"} \(count)\n"
    }
    text += "# HELP greenwave_request_milliseconds Time to answer.\n# TYPE greenwave_request_milliseconds summary\n"
    for (route, histogram) in routes.sorted(by: { $0.key < $1.key }) {
      for q in [0.5, 0.99] {
        text += "greenwave_request_milliseconds{route=\"\(route)\",quantile=\"\(q)\"} \(histogram.quantile(q))\n"
      }
      text += "greenwave_request_milliseconds_sum{route=\"\(route)\"} \(histogram.sum)\n"
      text += "greenwave_request_milliseconds_count{route=\"\(route)\"} \(histogram.total)\n"
    }
    text += "# HELP greenwave_refusals_total Requests refused for want of a token or role.\n# TYPE greenwave_refusals_total counter\n"
    return text + "greenwave_refusals_total \(refusals)\n"
  }
}
