extension MessageTable {
  /// Names of measures, as tables and axes show them.
  static let measures: [Entry] = [
    Entry("measure.planned", en: "vehicles planned", zh: "计划出行车辆"),
    Entry("measure.arrived", en: "vehicles arrived", zh: "到达车辆"),
    Entry("measure.underway", en: "still on the road at the end", zh: "结束时仍在路网中"),
    Entry("measure.neverInserted", en: "never able to enter", zh: "始终未能驶入"),
    Entry("measure.teleports", en: "vehicles removed from a deadlock", zh: "因死锁被移出的车辆"),
    Entry("measure.delay", en: "delay", zh: "延误"),
    Entry("measure.timeLoss", en: "time lost on the road", zh: "路上损失时间"),
    Entry("measure.departureDelay", en: "waiting to enter", zh: "驶入前等待"),
    Entry("measure.delay95", en: "95 % of vehicles are delayed less than", zh: "95% 车辆的延误低于"),
    Entry("measure.travelTime", en: "travel time", zh: "行程时间"),
    Entry("measure.stops", en: "stops per vehicle", zh: "车均停车次数"),
    Entry("measure.waitingTime", en: "time standing", zh: "停车等待时间"),
    Entry("measure.speed", en: "mean speed", zh: "平均车速"),
    Entry("measure.fuel", en: "fuel burnt", zh: "燃油消耗"),
    Entry("measure.carbonDioxide", en: "CO₂ emitted", zh: "CO₂ 排放"),
    Entry("measure.nitrogenOxides", en: "NOₓ emitted", zh: "NOₓ 排放"),
  ]
}
