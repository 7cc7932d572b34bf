extension MessageTable {
  /// What every report page says.
  static let report: [Entry] = [
    Entry("report.contents", en: "Contents", zh: "目录"),
    Entry("report.figuresBehind", en: "The figures behind this picture", zh: "本图所依据的数据"),
    Entry("report.provenance", en: "Made by {0}, seed {1}, from inputs with SHA-256 {2}.", zh: "由 {0} 生成，随机种子 {1}，输入数据 SHA-256：{2}。"),
    Entry("report.measure", en: "measure", zh: "指标"),
    Entry("report.mean", en: "mean", zh: "均值"),
    Entry("report.worstSeed", en: "worst seed", zh: "最差种子"),
    Entry("report.unit", en: "unit", zh: "单位"),
    Entry("report.signal", en: "signal", zh: "信号机"),
    Entry("report.approach", en: "approach", zh: "进口道"),
    Entry("report.vehicles", en: "vehicles", zh: "车辆数"),
    Entry("report.maximumQueue", en: "longest queue", zh: "最大排队"),
    Entry("report.stops", en: "stops", zh: "停车次数"),
    Entry("report.standing", en: "standing", zh: "停车等待"),
    Entry("report.speed", en: "km/h", zh: "公里/时"),
    Entry("report.networkTable", en: "The whole network", zh: "整个路网"),
    Entry("report.approachTable", en: "Signalised approaches", zh: "信号控制进口道"),
    Entry(
      "report.approachTableWorst", en: "The {0} signalised approaches with the most delay in total, of {1}",
      zh: "总延误最大的 {0} 个信号控制进口道（共 {1} 个）"),
    Entry("report.seed", en: "seed {0}", zh: "种子 {0}"),
    Entry("report.cycle", en: "cycle", zh: "周期"),
    Entry("report.offset", en: "offset", zh: "相位差"),
    Entry(
      "simulation.subtitle", en: "Simulated from {0} to {1}, {2} vehicles, {3} run(s).", zh: "仿真时段 {0} 至 {1}，{2} 辆车，运行 {3} 次。"),
    Entry("simulation.drivers", en: "What drivers experienced", zh: "驾驶人的体验"),
    Entry(
      "simulation.delayDefinition",
      en:
        "Delay is what a driver lost against driving freely at the desired speed, waiting to enter the network included. Everybody who wanted to travel counts, also those who had not arrived, or not even entered, when the run ended.",
      zh: "延误是指相对于以期望车速自由行驶所损失的时间，包括驶入路网前的等待。所有计划出行者均计入，包括结束时尚未到达或尚未驶入的车辆。"),
    Entry("simulation.perVehicle", en: "s per vehicle", zh: "秒/车"),
    Entry("simulation.ofPlanned", en: "of {0} planned", zh: "计划 {0} 辆"),
    Entry("simulation.allApproaches", en: "All signalised approaches", zh: "全部信号控制进口道"),
    Entry("simulation.overTime", en: "Queue and flow over time", zh: "排队与流量随时间的变化"),
    Entry("simulation.signals", en: "Signals", zh: "信号机"),
    Entry("simulation.signal", en: "Signal {0}", zh: "信号机 {0}"),
    Entry(
      "simulation.neverInserted", en: "{0} vehicles could never enter: the streets where they start were full.",
      zh: "{0} 辆车始终未能驶入：其起始路段已满。"),
    Entry(
      "simulation.manyUnderway",
      en: "{0} vehicles were still on the road when the run ended; their trips are longer than what is counted here.",
      zh: "运行结束时仍有 {0} 辆车在路上；其行程比此处所计更长。"),
  ]
}
