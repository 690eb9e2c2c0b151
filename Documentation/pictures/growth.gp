# SPDX-License-Identifier: GPL-2.0
# Cost as rules grow, and for all other processes as those that are attached grow.
set terminal svg size 900,380 font "sans-serif,13" background "white"
set logscale x
set yrange [0.9:1.2]
set ytics 0.05
set format y "%.2f"
set grid lc rgb "#dddddd"
set border 3
set tics nomirror
set key top left

# A line for each point: how many, and the ratio to native of a table and call.
rules(situation, call) = "< awk -F'|' '$1 == \"costs\" && $3 == \"".call."\" { \
	if ($2 == \"module absent\") native = $4; \
	if ($2 == \"".situation." (direct)\") print 1, $4 / native; \
	if ($2 == \"".situation.", 10,000 rules (direct)\") print 10000, $4 / native }' bench.dat; \
	awk -F'|' '$1 == \"budgets\" && $2 == \"".(call eq "open" ? "open+close" : call)."\" { \
	if ($3 == \"native\") native = $4; \
	if (\"".situation."\" ~ /translated/ && $3 == \"100,000 rules\") print 100000, $4 / native }' bench.dat"
others(call) = "< awk -F'|' '$1 == \"budgets\" && $2 == \"".call."\" { \
	if ($3 == \"native\") native = $4; if ($3 == \"others\") print 1, $4 / native; \
	if ($3 == \"3,000 others\") print 3000, $4 / native }' bench.dat"

set multiplot layout 1, 2 title "Instructions, against the same call natively (1.00)"
set xrange [0.7:150000]
set xtics ("1" 1, "100" 100, "10k" 10000, "100k" 100000)
set xlabel "rules of the process"
plot rules("attached, translated", "open") with linespoints lw 2 pt 7 lc rgb "#2f7d32" title "open, close: translated", \
	rules("attached, translated", "stat") with linespoints lw 2 pt 5 lc rgb "#7cb342" title "stat: translated", \
	rules("attached, no match", "open") with linespoints lw 2 pt 7 lc rgb "#1f5fa8" title "open, close: no match", \
	rules("attached, no match", "stat") with linespoints lw 2 pt 5 lc rgb "#8aa4c8" title "stat: no match"
set xrange [0.7:5000]
set xtics ("1" 1, "10" 10, "100" 100, "3,000" 3000)
set xlabel "attached processes, seen by one that is not"
plot others("open+close") with linespoints lw 2 pt 7 lc rgb "#555555" title "open, close", \
	others("stat") with linespoints lw 2 pt 5 lc rgb "#aaaaaa" title "stat"
unset multiplot
