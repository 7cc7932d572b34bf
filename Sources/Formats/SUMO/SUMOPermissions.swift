import TrafficModel

/// Reads `allow` and `disallow`, remembering the few lists that a network repeats thousands of times.
package struct SUMOPermissions {
  private var known: [(text: [UInt8], classes: VehicleClassSet)] = []

  package init() {}

  /// Spellings of earlier versions.
  private static let formerNames: [(String, String)] = [
    ("public_emergency", "emergency"), ("public_authority", "authority"), ("public_army", "army"), ("public_transport", "bus"),
    ("transport", "truck"), ("lightrail", "tram"), ("cityrail", "rail_urban"), ("rail_slow", "rail"),
  ]

  /// One class by name; `ignoring` is the empty set. Nil where nobody knows it.
  package static func vehicleClass(_ name: String) -> VehicleClassSet? {
    if name == "ignoring" || name == "ignore" || name == "unknown" { return .ignoring }
    return VehicleClassSet(name: formerNames.first { $0.0 == name }?.1 ?? name)
  }

  /// What a lane admits: all but `disallow`, or only `allow`. Nil where a list names an unknown class.
  package mutating func parse(allow: XMLText?, disallow: XMLText?) -> VehicleClassSet? {
    if let allow {
      // As SUMO does: an empty list says nothing.
      if !allow.isEmpty { return classes(allow) }
    }
    guard let disallow, !disallow.isEmpty else { return .all }
    guard let forbidden = classes(disallow) else { return nil }
    return VehicleClassSet.all.subtracting(forbidden)
  }

  /// A list of classes, or `all`. Nil where it names an unknown one.
  package mutating func classes(_ text: XMLText) -> VehicleClassSet? {
    for (list, classes) in known where list.count == text.count && list.elementsEqual(text.bytes) { return classes }
    var classes: VehicleClassSet = []
    var isKnown = true
    for word in text.words {
      if word == "all" {
        classes.formUnion(.all)
      } else if let one = Self.vehicleClass(word) {
        classes.formUnion(one)
      } else {
        isKnown = false
      }
    }
    guard isKnown else { return nil }
    if known.count < 16 { known.append((Array(text.bytes), classes)) }
    return classes
  }
}
