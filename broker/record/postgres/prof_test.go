package postgres_test
import ("testing";"fmt";"context";"os";"strings";"github.com/jackc/pgx/v5";"github.com/smdo-hub/smdo-hub/broker/record/postgres/pgtest";"github.com/smdo-hub/smdo-hub/broker/record";"github.com/smdo-hub/smdo-hub/schemas/document")
func cpu(pid int) int { b,_:=os.ReadFile(fmt.Sprintf("/proc/%d/stat",pid)); f:=strings.Fields(string(b)); var u,s int; fmt.Sscan(f[13],&u); fmt.Sscan(f[14],&s); return u+s }
func TestProf(t *testing.T) {
 url := pgtest.Start(t)
 r := openURL(t, url)
 c, err := pgx.Connect(context.Background(), url); if err != nil { t.Fatal(err) }
 c.Exec(context.Background(), "create extension pg_stat_statements")
 b := &testing.B{}
 _ = b
 n := 0
 body := make([]byte, 2048)
 res := testing.Benchmark(func(b *testing.B) {
  for b.Loop() {
		var names []record.ExchangeKey
		for range batch {
			n++
			names = append(names, record.ExchangeKey{Packet: document.PacketID{Sender: "min-econ", MsgID: document.MsgID(fmt.Sprintf("3f2504e0-4f89-11d3-9a0c-%012d", n))}, Receiver: "min-fin"})
		}
		admit(b, r, names, n-batch+1, body)
		register(b, r, names)
  }
 })
 fmt.Println(res, n)
 rows, _ := c.Query(context.Background(), "select pid from pg_stat_activity where application_name='smdo'")
 var pids []int
 for rows.Next() { var p int; rows.Scan(&p); pids = append(pids,p) }
 tot := 0
 for _, p := range pids { fmt.Println("backend", p, cpu(p)); tot += cpu(p) }
 fmt.Printf("server cpu us/packet %.1f client %.1f\n", float64(tot)*10000/float64(n), float64(cpu(os.Getpid()))*10000/float64(n))
 rows, err = c.Query(context.Background(), "select left(query,60), calls, total_exec_time*1000/$1::float8, rows from pg_stat_statements order by 3 desc limit 25", float64(n))
 if err != nil { t.Fatal(err) }
 for rows.Next() { var q string; var calls, rr int64; var us float64; rows.Scan(&q,&calls,&us,&rr); fmt.Printf("%7.2f us/packet %6d calls %8d rows %s\n", us, calls, rr, q) }
}
