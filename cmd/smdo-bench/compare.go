package main

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"text/tabwriter"
)

// one runs a job, with an empty database where it needs one.
func (p *plan) one(ctx context.Context, j job) (Result, error) {
	if j.Road != "sqlite" {
		var err error
		if j.DSN, err = p.cluster.database(ctx); err != nil {
			return Result{}, err
		}
	}
	if j.Road == "floor" {
		j.Profile = ""
	}
	j.Server = p.cluster.pid()
	return run(ctx, j)
}

// jobs are those of one round: the floor, where there is a server for it, then each record with each family.
func (p *plan) jobs() (all []job) {
	j := p.job
	if p.cluster != nil {
		j.Road = "floor"
		all = append(all, j)
	}
	for _, j.Road = range p.records {
		for _, j.Family = range p.families {
			all = append(all, j)
		}
	}
	return all
}

// full compares the hub with the floor, many in flight and one.
func full(ctx context.Context, p *plan) error {
	jobs := p.jobs()
	roads := make([]string, len(jobs))
	for i, j := range jobs {
		roads[i] = j.name()
	}
	for _, inFlight := range p.flights {
		packets := p.Packets
		if inFlight == 1 {
			packets = max(packets/20, 10) // each waits for the disk alone
		}
		results := map[string][]Result{}
		for range p.rounds {
			for _, j := range jobs {
				j.InFlight, j.Packets = inFlight, packets
				r, err := p.one(ctx, j)
				if err != nil {
					return err
				}
				results[j.name()] = append(results[j.name()], r)
			}
		}
		fmt.Printf("\n%d packets in flight, %d a run, medians of %d rounds in turn, audited\n", inFlight, packets, p.rounds)
		table(roads, results)
	}
	return nil
}

// table prints the median run of each road and what it is to the floor.
func table(roads []string, results map[string][]Result) {
	w := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "road\tpackets/s\tof floor\tcustody p50/p99\tregistered p50/p99\tof floor\tmean batches\tallocs, KB, CPU µs (PostgreSQL's) a packet\tpeak RSS\tfdatasync/s")
	for _, road := range roads {
		r := median(results[road])
		fmt.Fprintf(w, "%s\t%.0f\t%s\t%s\t%s\t%s\t%s\t%.0f, %.1f, %.0f (%.0f)\t%d MB\t%.0f\n", road, r.Rate, ratio(results, road, func(r Result) float64 { return r.Rate }), r.Custody, r.Registered,
			ratio(results, road, func(r Result) float64 { return float64(r.Registered.P50) }), batches(r.Batches), r.Allocs, r.Bytes/1024, r.CPU, r.Postgres, r.Peak>>20, r.Syncs)
	}
	_ = w.Flush() // standard output
}

// ratio is the median over the rounds of what a road's run is to the floor's run of the same round.
func ratio(results map[string][]Result, road string, of func(Result) float64) string {
	floor := results["floor"]
	if len(floor) == 0 || road == "floor" {
		return ""
	}
	ratios := make([]float64, len(floor))
	for i := range floor {
		ratios[i] = of(results[road][i]) / of(floor[i])
	}
	slices.Sort(ratios)
	return fmt.Sprintf("%.2f", ratios[len(ratios)/2])
}

func median(results []Result) Result {
	sorted := slices.SortedFunc(slices.Values(results), func(a, b Result) int { return cmp.Compare(a.Rate, b.Rate) })
	return sorted[len(sorted)/2]
}

// String gives both quantiles in milliseconds.
func (q Quantiles) String() string {
	return fmt.Sprintf("%.2f/%.2f ms", q.P50.Seconds()*1000, q.P99.Seconds()*1000)
}

func batches(means map[string]float64) string {
	var parts []string
	for _, stage := range slices.Sorted(maps.Keys(means)) {
		parts = append(parts, fmt.Sprintf("%s %.0f", stage, means[stage]))
	}
	return strings.Join(parts, ", ")
}

// quick runs the embedded hub for some seconds and lets the audit judge.
func quick(ctx context.Context, p *plan) error {
	for _, record := range p.records {
		j := p.job
		j.Road = record
		r, err := p.one(ctx, j)
		if err != nil {
			return err
		}
		table([]string{r.Road}, map[string][]Result{r.Road: {r}})
	}
	fmt.Println("every packet registered once, journals and ledger without gaps")
	return nil
}

// flat sends many packets and compares the last tenth with the first.
func flat(ctx context.Context, p *plan) error {
	for _, record := range p.records {
		j := p.job
		j.Road = record
		r, err := p.one(ctx, j)
		if err != nil {
			return err
		}
		table([]string{r.Road}, map[string][]Result{r.Road: {r}})
		fmt.Printf("%s: packets/s by tenths of %d: %.0f\n%s: CPU µs a packet: %.0f; second half to first half %.2f\n", r.Road, r.Packets, r.Tenths, r.Road, r.Costs, mean(r.Costs[5:])/mean(r.Costs[:5]))
	}
	return nil
}

func mean(all []float64) float64 {
	sum := 0.0
	for _, v := range all {
		sum += v
	}
	return sum / float64(len(all))
}

// scale compares many contours with few: what a packet costs must not grow with the country.
func scale(ctx context.Context, p *plan) error {
	const few, many = 10, 10_000
	for _, record := range p.records {
		costs := make([]float64, 0, p.rounds)
		results := map[string][]Result{}
		for range p.rounds {
			var spent [2]float64
			for i, n := range []int{few, many} {
				j := p.job
				j.Road, j.Region = record, region{Ring: n, Tasks: p.Region.Tasks}
				r, err := p.one(ctx, j)
				if err != nil {
					return err
				}
				name := fmt.Sprintf("%s, %d contours", record, n)
				results[name], spent[i] = append(results[name], r), r.CPU+r.Postgres
			}
			costs = append(costs, spent[1]/spent[0])
		}
		table(slices.Sorted(maps.Keys(results)), results)
		slices.Sort(costs)
		fmt.Printf("%s: a packet costs %.2f times as much CPU among %d contours and %d pairs as among %d\n", record, costs[len(costs)/2], many, many*ringTrust, few)
	}
	return nil
}
