# SPDX-License-Identifier: GPL-2.0
# Cost by call, against a bind mount, fakechroot and proot.
set terminal svg size 900,440 font "sans-serif,13" background "white"
set title "Instructions of a call, against the same call natively (1.0)"
set style data histogram
set style histogram cluster gap 1
set style fill solid 0.9 noborder
set boxwidth 0.9
set logscale y
set yrange [0.3:60]
set ytics (0.5, 1, 2, 5, 10, 20, 50)
set grid ytics lc rgb "#dddddd"
set key outside top center horizontal
set bmargin 4
set label "no bar: it failed" at graph 0.99, graph 0.95 right tc rgb "#777777"
set border 3
set tics nomirror
set datafile missing "-"
set arrow from graph 0, first 1 to graph 1, first 1 nohead lc rgb "#444444" dt 2 front

# A line for each call: what it is called, and its ratio in each of the situations.
table = "< awk -F'|' '$1 == \"costs\" { cost[$2, $3] = $4 } \
	function ratio(situation, call,   n) { n = cost[situation, call]; return n ~ /^[0-9]/ ? n / cost[\"module absent\", call] : \"-\" } \
	function row(call, name) { printf \"\\\"%s\\\" %s %s %s %s\\n\", name, ratio(\"attached, translated (direct)\", call), ratio(\"bind mount\", call), ratio(\"fakechroot\", call), ratio(\"proot\", call) } \
	END { row(\"open\", \"open, close\"); row(\"stat\", \"stat\"); row(\"relative\", \"stat,\\\\nrelative\"); row(\"openat\", \"openat, close,\\\\nby a descriptor\"); row(\"link\", \"stat\\\\nover a link\"); row(\"getcwd\", \"getcwd\") }' bench.dat"

plot table using 2:xtic(1) title "pathvirt, translated" lc rgb "#2f7d32", \
	"" using 3 title "bind mount" lc rgb "#8aa4c8", \
	"" using 4 title "fakechroot" lc rgb "#e0a030", \
	"" using 5 title "proot" lc rgb "#b03a2e"
