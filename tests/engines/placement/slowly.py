"""The reference's steps once more, from its description alone: slow, plain, and independent.

Everything is looked for anew in lists at every step. `simulate` is what the fast one must equal.
"""

from math import log2, log10


def key_of(order, job, now):
    wait = now - job.submit
    requested = job.requested or 0.1
    came = log10(job.submit or 0.1)
    return {
        "fcfs": (job.submit, 0),
        "sjf": (job.requested, job.submit),
        "area": (job.requested * job.processors, job.submit),
        "f1": (log10(requested) * job.processors + 870 * came, 0),
        "f2": (job.requested**0.5 * job.processors + 25600 * came, 0),
        "wfp3": (-((wait / requested) ** 3) * job.processors, 0),
        "unicep": (-wait / (log2(max(2, job.processors)) * requested), 0),
    }[order]


class Slow:
    def __init__(self, jobs, processors, order, backfill):
        self.jobs, self.processors, self.order, self.backfill = jobs, processors, order, backfill
        self.now = jobs[0].submit
        self.coming = list(range(len(jobs)))
        self.queue, self.running, self.starts, self.promises = [], [], {}, []

    def free(self):
        return self.processors - sum(self.jobs[n].processors for n in self.running)

    def advance(self):
        arrival = self.jobs[self.coming[0]].submit if self.coming else None
        ends = [(self.starts[n] + self.jobs[n].run, place) for place, n in enumerate(self.running)]
        end = min(ends) if ends else None
        if end is None or (arrival is not None and arrival <= end[0]):
            self.now = max(self.now, arrival)
            self.queue.append(self.coming.pop(0))
        else:
            self.now = max(self.now, end[0])
            self.running.pop(end[1])

    def begin(self, n):
        self.starts[n] = self.now
        self.running.append(n)

    def promise(self, head):
        free = self.free()
        for due, n in sorted((self.starts[n] + self.jobs[n].requested, n) for n in self.running):
            free += self.jobs[n].processors
            if free >= self.jobs[head].processors:
                return due, free - self.jobs[head].processors
        raise AssertionError("the machine is too small")

    def others(self, head, due, extra):
        for n in sorted(self.queue):
            job = self.jobs[n]
            if job.processors > self.free():
                continue
            if self.now + job.requested < due:
                pass
            elif self.backfill == "easy" and job.processors <= extra:
                extra -= job.processors
            else:
                continue
            self.queue.remove(n)
            self.begin(n)
        return extra

    def play(self):
        while self.coming or self.queue:
            while not self.queue:
                self.advance()
            head = min(self.queue, key=lambda n: (key_of(self.order, self.jobs[n], self.now), n))
            self.queue.remove(head)
            if self.jobs[head].processors > self.free():
                due, extra = self.promise(head)
                while self.jobs[head].processors > self.free():
                    if self.backfill != "none":
                        extra = self.others(head, due, extra)
                    self.advance()
                self.promises.append((head, due, self.now))
            self.begin(head)
        return [self.starts[n] for n in range(len(self.jobs))]


def simulate(jobs, processors, order, backfill):
    return Slow(jobs, processors, order, backfill).play()
