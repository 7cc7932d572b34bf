import Foundation
import Greenwave

#if canImport(Glibc)
  import Glibc
#endif

/// How fast networks are read: megabytes of XML a second of user CPU.
/// Goal: 75 MB/s, better 150.
///
///     swift run -c release BenchReading [FILE.net.xml …]
///
/// Without files it writes grids with the generator and reads those, plain and packed.
@main
struct BenchReading {
  static func main() throws {
    var files = Array(CommandLine.arguments.dropFirst())
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent(
      "greenwave-bench-\(ProcessInfo.processInfo.processIdentifier)")
    if files.isEmpty {
      try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
      for side in [10, 30] {
        var grid = GridDesign()
        (grid.columns, grid.rows, grid.lanes) = (side, side, 3)
        let network = grid.network()
        for name in ["grid\(side).net.xml", "grid\(side).net.xml.gz"] {
          let path = folder.appendingPathComponent(name).path
          try SUMONetworkWriter.write(network, to: path)
          files.append(path)
        }
      }
    }
    defer { try? FileManager.default.removeItem(at: folder) }
    print("file                             MB      user s    MB/s     lanes   goal 75, aim 150")
    for file in files {
      let megabytes = Double(try unpackedSize(file)) / 1e6
      var best = Double.infinity
      var lanes = 0
      let repeats = max(3, min(20, Int(200 / megabytes)))
      for _ in 0..<repeats {
        let before = userSeconds()
        lanes = try SUMONetworkReader.read(file).lanes.count
        best = min(best, userSeconds() - before)
      }
      let name = (file as NSString).lastPathComponent
      print(
        name.padding(toLength: 28, withPad: " ", startingAt: 0)
          + String(
            format: "%9.2f %10.3f %8.0f %9d   %@", megabytes, best, megabytes / best, lanes, megabytes / best >= 75 ? "met" : "MISSED"))
    }
  }

  /// Bytes of XML, packed or not.
  static func unpackedSize(_ path: String) throws -> Int {
    let data = try Data(contentsOf: URL(fileURLWithPath: path))
    guard path.hasSuffix(".gz"), data.count > 4 else { return data.count }
    // The last four bytes of a gzip file are its length.
    return data.suffix(4).enumerated().reduce(0) { $0 | Int($1.element) << (8 * $1.offset) }
  }

  static func userSeconds() -> Double {
    var usage = rusage()
    getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
    return Double(usage.ru_utime.tv_sec) + Double(usage.ru_utime.tv_usec) / 1e6
  }
}
