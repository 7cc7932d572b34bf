import Foundation
import TrafficModel

/// A SUMO on this machine.
///
/// ```swift
/// let sumo = try SUMOInstallation.find()
/// print(sumo.version)   // 1.28.0
/// ```
public struct SUMOInstallation: Sendable, Hashable {
  /// Folder that holds `bin/sumo`: SUMO_HOME.
  public let home: String
  /// The program's own version, for example `1.28.0`; empty where it did not tell.
  public let version: String

  /// Where `find` looks, and for what.
  public struct Search: Sendable {
    /// A folder given by the user; nothing else is tried then.
    public var home: String?
    /// A version, for example `1.9.2`; nil: whatever is found first.
    public var version: String?
    public var environment: [String: String]
    public init(home: String? = nil, version: String? = nil, environment: [String: String] = ProcessInfo.processInfo.environment) {
      self.home = home
      self.version = version
      self.environment = environment
    }

    /// Folders that may be a SUMO_HOME, in the order they are tried: SUMO_HOME, beside a `sumo` in PATH, the virtual environments that
    /// `Benchmarks/setup-sumo` makes, and where Debian puts it.
    var candidates: [String] {
      if let home { return [home] }
      var folders: [String] = []
      if let home = environment["SUMO_HOME"], !home.isEmpty { folders.append(home) }
      for folder in (environment["PATH"] ?? "").split(separator: ":") {
        let program = URL(fileURLWithPath: String(folder)).appendingPathComponent("sumo").resolvingSymlinksInPath()
        guard FileManager.default.isExecutableFile(atPath: program.path) else { continue }
        let parent = program.deletingLastPathComponent().deletingLastPathComponent()
        // A Python package puts a starter into bin, and the program itself among its packages.
        folders += packages(of: parent.path)
        folders.append(parent.path)
      }
      let cache = environment["XDG_CACHE_HOME"] ?? (environment["HOME"] ?? "") + "/.cache"
      folders += packages(of: cache + "/sumo-venv" + (version.map { "-" + $0 } ?? ""))
      folders += packages(of: cache + "/sumo-venv")
      folders.append("/usr/share/sumo")
      return folders
    }

    private func packages(of environment: String) -> [String] {
      let library = environment + "/lib"
      let pythons = ((try? FileManager.default.contentsOfDirectory(atPath: library)) ?? []).filter { $0.hasPrefix("python3") }.sorted()
      return pythons.map { library + "/" + $0 + "/site-packages/sumo" }
    }
  }

  /// The first SUMO that `search` leads to.
  ///
  /// - Throws: what was looked for and how to install it, where there is none.
  public static func find(_ search: Search = Search()) throws(InputProblem) -> SUMOInstallation {
    var found: [String] = []
    for home in search.candidates {
      guard let program = program(in: home), isBinary(program) else { continue }
      let installation = SUMOInstallation(home: home, version: askVersion(program, home: home))
      if search.version.map({ installation.version == $0 }) ?? true { return installation }
      found.append(installation.version.isEmpty ? home : installation.version)
    }
    throw InputProblem(
      file: search.home ?? "SUMO", expected: search.version.map { "SUMO \($0)" } ?? "a SUMO installation",
      found: found.isEmpty ? "no bin/sumo" : found.joined(separator: ", "),
      advice: "Benchmarks/setup-sumo\(search.version.map { " \($0)" } ?? "") installs it; or name its folder with --sumo-home or SUMO_HOME",
      isMissingInput: true)
  }

  /// The program to start.
  public var program: String { Self.program(in: home) ?? home + "/bin/sumo" }

  /// The version as numbers, for comparing; (0, 0) where unknown.
  public var release: (major: Int, minor: Int) {
    let parts = version.split(separator: ".").map { Int($0) ?? 0 }
    return (parts.first ?? 0, parts.count > 1 ? parts[1] : 0)
  }

  private static func program(in home: String) -> String? {
    // Debian keeps data and program apart.
    [home + "/bin/sumo", home == "/usr/share/sumo" ? "/usr/bin/sumo" : ""].first {
      !$0.isEmpty && FileManager.default.isExecutableFile(atPath: $0)
    }
  }

  /// A starter script leaves the program behind when it is ended: only the program itself will do.
  private static func isBinary(_ path: String) -> Bool {
    guard let file = FileHandle(forReadingAtPath: path) else { return false }
    defer { try? file.close() }
    return (try? file.read(upToCount: 2)) != Data("#!".utf8)
  }

  private static func askVersion(_ program: String, home: String) -> String {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: program)
    process.arguments = ["--version"]
    process.environment = ProcessInfo.processInfo.environment.merging(["SUMO_HOME": home]) { $1 }
    let output = Pipe()
    process.standardOutput = output
    process.standardError = FileHandle.nullDevice
    guard (try? process.run()) != nil else { return "" }
    let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    process.waitUntilExit()
    let first = text.split(separator: "\n").first ?? ""
    // "Eclipse SUMO sumo Version 1.9.2", "Eclipse SUMO sumo 1.28.0"
    return first.split(separator: " ").map { $0.hasPrefix("v") ? $0.dropFirst() : $0 }.last { $0.first?.isNumber ?? false }.map(String.init)
      ?? ""
  }
}
