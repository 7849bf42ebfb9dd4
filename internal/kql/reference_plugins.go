package kql

import "maps"

const users = `datatable(u:string, t:datetime)["a", datetime(2024-01-01), "b", datetime(2024-01-01), "a", datetime(2024-01-02), "c", datetime(2024-01-02)] | `

func init() {
	maps.Copy(pluginDocs, map[string]*Operator{
		"session_count": {See: "session-count-plugin", Syntax: "T | evaluate session_count(Id, Timeline, Start, End, Bin, LookBackWindow [, Dimension…])",
			Doc:      "How many sessions begin in each bin: rows whose id was not seen within the window before.",
			Examples: rowsOf(`datatable(u:string, n:long)["a",1, "a",3, "a",9, "b",8] | evaluate session_count(u, n, 0, 10, 5, 2)`, `[{"n":0,"count_sessions":1}, {"n":5,"count_sessions":2}]`)},
		"activity_metrics": {See: "activity-metrics-plugin", Syntax: "T | evaluate activity_metrics(Id, Timeline, [Start, End,] Window [, Dimension…])",
			Doc:      "The ids of each window, those that the window before did not have, and which part of the window before came back or did not. A window is a length, or week, month or year.",
			Note:     "The numbers are exact, where the service estimates them.",
			Examples: rowsOf(users+`evaluate activity_metrics(u, t, datetime(2024-01-01), datetime(2024-01-03), 1d) | where t > datetime(2024-01-01)`, `[{"t":"2024-01-02T00:00:00.0000000Z","dcount_values":2,"dcount_newvalues":1,"retention_rate":0.5,"churn_rate":0.5}]`)},
		"activity_engagement": {See: "activity-engagement-plugin", Syntax: "T | evaluate activity_engagement(Id, Timeline, [Start, End,] InnerWindow, OuterWindow [, Dimension…])",
			Doc:      "The ids of each inner window, those of the outer window that ends with it, and their ratio.",
			Note:     "Rows before the start count for the outer windows that reach back to them.",
			Examples: rowsOf(users+`evaluate activity_engagement(u, t, datetime(2024-01-01), datetime(2024-01-03), 1d, 2d) | where t > datetime(2024-01-01)`, `[{"t":"2024-01-02T00:00:00.0000000Z","dcount_activities_inner":2,"dcount_activities_outer":3,"activity_ratio":0.6666666666666666}]`)},
		"new_activity_metrics": {See: "new-activity-metrics-plugin", Syntax: "T | evaluate new_activity_metrics(Id, Timeline, Start, End, Window [, Cohort] [, Dimension…] [, Lookback])",
			Doc:      "For the ids that were first seen in a window, how many come back in each window after it.",
			Note:     "Windows in which no id is new have no rows.",
			Examples: rowsOf(users+`evaluate new_activity_metrics(u, t, datetime(2024-01-01), datetime(2024-01-02), 1d) | project to_t, dcount_new_values, dcount_retained_values | sort by to_t asc | take 1`, `[{"to_t":"2024-01-01T00:00:00.0000000Z","dcount_new_values":2,"dcount_retained_values":2}]`)},
		"funnel_sequence": {See: "funnel-sequence-plugin", Syntax: "T | evaluate funnel_sequence(Id, Timeline, Start, End, MaxStepWindow, Step, State, Sequence)",
			Doc:      "How many ids went through a sequence of states, by the states just before and after it.",
			Note:     "Of the three results only the first is given. States that repeat count as one.",
			Examples: rowsOf(`datatable(u:string, t:datetime, s:string)["a",datetime(2024-01-01 10:00),"in", "a",datetime(2024-01-01 10:05),"read", "a",datetime(2024-01-01 10:09),"out"] | evaluate funnel_sequence(u, t, datetime(2024-01-01), datetime(2024-01-02), 1h, 1d, s, dynamic(["read"])) | project prev, next, dcount`, `[{"prev":"in","next":"out","dcount":1}]`)},
		"funnel_sequence_completion": {See: "funnel-sequence-completion-plugin", Syntax: "T | evaluate funnel_sequence_completion(Id, Timeline, Start, End, Step, State, Sequence, MaxSequenceWindows)",
			Doc:      "How many ids get how far through a sequence of states within each of several periods.",
			Note:     "Periods are measured from the first state of the sequence.",
			Examples: rowsOf(`datatable(u:string, t:datetime, s:string)["a",datetime(2024-01-01 10:00),"in", "b",datetime(2024-01-01 10:00),"in", "a",datetime(2024-01-01 10:09),"out"] | evaluate funnel_sequence_completion(u, t, datetime(2024-01-01), datetime(2024-01-02), 1d, s, dynamic(["in", "out"]), dynamic([1h])) | project s, Period, dcount`, `[{"s":"in","Period":"01:00:00","dcount":2}, {"s":"out","Period":"01:00:00","dcount":1}]`)},
		"rows_near": {See: "rows-near-plugin", Syntax: "T | evaluate rows_near(Condition, NumRows [, RowsAfter])", Doc: "The rows for which a condition is true, and some before and after each of them.",
			Examples: rowsOf(`range x from 1 to 9 step 1 | sort by x asc | evaluate rows_near(x == 5, 1, 2)`, `[{"x":4}, {"x":5}, {"x":6}, {"x":7}]`)},
		"preview": {See: "preview-plugin", Syntax: "T | evaluate preview(NumberOfRows)", Doc: "Some rows.", Note: "The second result, the number of rows, is left out.",
			Examples: rowsOf(`range x from 1 to 9 step 1 | evaluate preview(2)`, `[{"x":1}, {"x":2}]`)},
		"identity":            {Syntax: "T | evaluate identity()", Doc: "The rows as they are.", Examples: rowsOf(`print a=1 | evaluate identity()`, `[{"a":1}]`)},
		"estimate_rows_count": {Syntax: "T | evaluate estimate_rows_count()", Doc: "The number of rows.", Note: "The number is exact.", Examples: rowsOf(`range x from 1 to 9 step 1 | evaluate estimate_rows_count()`, `[{"EstimatedRowsCount":9}]`)},
		"basket": {See: "basket-plugin", Syntax: "T | evaluate basket([Threshold [, WeightColumn [, MaxDimensions [, CustomWildcard…]]]])", Doc: "The combinations of values that many rows share. A combination is left out when a larger one holds for the same rows.",
			Note:     "All rows are looked at, where the service takes samples; values of type dynamic are left out.",
			Examples: rowsOf(`datatable(os:string, app:string)["win","a", "win","a", "linux","a", "win","b"] | evaluate basket(0.6)`, `[{"SegmentId":0,"Count":3,"Percent":75,"os":"win","app":""}, {"SegmentId":1,"Count":3,"Percent":75,"os":"","app":"a"}]`)},
		"geo_polygon_lookup": {See: "geo-polygon-lookup-plugin", Syntax: "T | evaluate geo_polygon_lookup(LookupTable, Polygon, Longitude, Latitude [, return_unmatched=Bool] [, return_lookup_key=Bool])", Doc: "Adds the rows of a table whose polygon holds the row's point.",
			Examples: rowsOf(`let areas = datatable(shape:dynamic, name:string)[dynamic({"type":"Polygon","coordinates":[[[0,0],[4,0],[0,4],[0,0]]]}),"here"]; print x=1.0, y=1.0 | evaluate geo_polygon_lookup(areas, shape, x, y)`, `[{"x":1,"y":1,"name":"here"}]`)},
		"geo_line_lookup": {See: "geo-line-lookup-plugin", Syntax: "T | evaluate geo_line_lookup(LookupTable, Line, Longitude, Latitude, Radius [, return_unmatched=Bool] [, return_lookup_key=Bool])", Doc: "Adds the rows of a table whose line is near the row's point, by the distance in meters.",
			Examples: rowsOf(`let roads = datatable(line:dynamic, name:string)[dynamic({"type":"LineString","coordinates":[[0,0],[0,1]]}),"road"]; print x=0.001, y=0.5 | evaluate geo_line_lookup(roads, line, x, y, 200) | project name`, `[{"name":"road"}]`)},
	})
	maps.Copy(operatorDocs, map[string]*Operator{
		"fork": {See: "fork-operator", Syntax: "T | fork [Name =] (Operators) …", Doc: "Several pipelines over the same rows.", Note: "Only the first result is given; the others are checked.",
			Examples: rowsOf(`range x from 1 to 9 step 1 | fork (count) (take 1)`, `[{"Count":9}]`)},
		"facet": {See: "facet-operator", Syntax: "T | facet by Column, … [with (Operators)]", Doc: "A table of the values of each column.", Note: "Only the first result is given: that of the operators, or else that of the first column.",
			Examples: rowsOf(`datatable(g:string)["a","a","b"] | facet by g`, `[{"g":"a","count_g":2}, {"g":"b","count_g":1}]`)},
		"reduce": {See: "reduce-operator", Syntax: "T | reduce [kind=source] by Text [with threshold=Fraction, characters=Separators]", Doc: "Groups texts by the words that many of them have at the same place; * stands for the others. Texts that fit no group are counted as others.",
			Options:  []string{"kind=source", "threshold=NUMBER", "characters=TEXT"},
			Note:     "Follows the algorithm (SLCT) on which the service's operator is based; the service's own grouping is not published. A group has at least two texts.",
			Examples: rowsOf(`range x from 1 to 10 step 1 | project s=strcat("fooZ", x) | reduce by s with characters="Z"`, `[{"Pattern":"foo*","Count":10,"Representative":"fooZ1"}]`)},
	})
}
