extension MessageTable {
  /// What the page of `greenwave estimate --report` says.
  static let flowReport: [Entry] = [
    Entry("flows.title", en: "Estimated flows", zh: "流量估计"),
    Entry(
      "flows.subtitle", en: "{0} links, {1} of them measured; {2} to {3} in {4} interval(s).",
      zh: "{0} 条路段，其中 {1} 条有检测；{2} 至 {3}，共 {4} 个时段。"),
    Entry("flows.measured", en: "measured", zh: "有检测"),
    Entry("flows.unmeasured", en: "unmeasured", zh: "无检测"),
    Entry("flows.links", en: "links measured", zh: "有检测路段"),
    Entry("flows.distance", en: "vehicle-kilometres an hour", zh: "每小时车公里"),
    Entry("flows.doubt", en: "half-width of the 95 % interval, unmeasured links, median", zh: "无检测路段 95% 区间半宽（中位数）"),
    Entry("flows.inflation", en: "variances multiplied by", zh: "方差放大倍数"),
    Entry("flows.byCrossValidation", en: "from measured links left out in turn", zh: "由逐次留出的检测路段求得"),
    Entry("flows.map", en: "Flow of each link", zh: "各路段流量"),
    Entry("flows.mapCaption", en: "Mean over the period. Links with a grey border are measured.", zh: "时段均值。灰色描边的路段有检测。"),
    Entry("flows.doubtMap", en: "How sure it is", zh: "可信程度"),
    Entry(
      "flows.doubtCaption",
      en: "Half of the 95 % interval of an interval's flow, as a share of the flow; links below {0} veh/h are left bare.",
      zh: "单个时段流量 95% 区间的半宽与流量之比；低于 {0} 辆/时的路段不着色。"),
    Entry("flows.overTime", en: "The busiest unmeasured links", zh: "流量最大的无检测路段"),
    Entry("flows.overTimeCaption", en: "{0}: estimate and 95 % interval, interval by interval.", zh: "{0}：各时段的估计值与 95% 区间。"),
    Entry("flows.table", en: "All links", zh: "全部路段"),
    Entry("flows.link", en: "link", zh: "路段"),
    Entry("flows.flow", en: "flow [veh/h]", zh: "流量 [辆/时]"),
    Entry("flows.low", en: "from", zh: "下限"),
    Entry("flows.high", en: "to", zh: "上限"),
    Entry("flows.source", en: "source", zh: "来源"),
    Entry("flows.time", en: "time of day", zh: "时刻"),
  ]
}
