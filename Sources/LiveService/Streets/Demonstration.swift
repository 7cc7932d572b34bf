import Foundation

/// The scenario that the service shows where nobody names another.
public enum Demonstration {
  /// Writes its files into `folder`, where they can be looked at and changed, and returns the path of its configuration.
  public static func write(to folder: String) throws -> String {
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    let configuration = folder + "/demo.sumocfg"
    guard !FileManager.default.fileExists(atPath: configuration) else { return configuration }
    for (name, bytes) in [
      ("demo.net.xml.gz", PackageResources.demo_net_xml_gz), ("demo.rou.xml", PackageResources.demo_rou_xml),
      ("demo.sumocfg", PackageResources.demo_sumocfg),
    ] {
      try Data(bytes).write(to: URL(fileURLWithPath: folder + "/" + name))
    }
    return configuration
  }
}
