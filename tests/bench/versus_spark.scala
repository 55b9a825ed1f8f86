// The workloads of rdd/spark_twins.cpp on Spark: the same operations in the same order on the same
// data. Run by tests/bench/versus_spark in Spark's shell, which gives `sc`. One line each: name,
// the best time of some rounds in seconds, and an answer that has to be the same.
import org.apache.spark.rdd.RDD

object Twins extends Serializable {
  val folder = sc.getConf.get("spark.twins.folder")
  val scale = sc.getConf.get("spark.twins.scale").toDouble
  val rounds = sc.getConf.get("spark.twins.rounds").toInt
  val warm = sc.getConf.get("spark.twins.warm").toInt
  val parts = 2
  val iterations = 5

  def count(full: Double): Long = math.max(1000L, (full * scale).toLong)

  def measure(name: String)(job: => Double): Unit = {
    for (_ <- 1 until warm) job
    var answer = job
    var best = Double.MaxValue
    for (_ <- 0 until rounds) {
      val start = System.nanoTime()
      answer = job
      best = math.min(best, (System.nanoTime() - start) / 1e9)
    }
    println(f"TWIN\t$name\t$best%.6f\t" + "%.10g".format(answer))
  }
}

object Keys extends Serializable {
  def key(i: Long, keys: Long): Long = {
    var z = i * 0x9e3779b97f4a7c15L
    z = (z ^ (z >>> 30)) * 0xbf58476d1ce4e5b9L
    z ^= z >>> 27
    ((z & 0xffffffffL) * keys) >>> 32
  }
  def unit(i: Long): Double = key(i, 1000000L) / 1e6
  def range(count: Long, part: Int): Iterator[Long] =
    Iterator.iterate(count * part / 2)(_ + 1).takeWhile(_ < count * (part + 1) / 2)
  def nearest(spots: Iterator[Array[Double]], means: Array[Array[Double]]): Iterator[Array[Array[Double]]] = {
    val sums = Array.fill(means.length)(new Array[Double](4))
    for (spot <- spots) {
      var best = 0
      var least = 1e300
      var m = 0
      while (m < means.length) {
        var distance = 0.0
        var d = 0
        while (d < 3) {
          val x = spot(d) - means(m)(d)
          distance += x * x
          d += 1
        }
        if (distance < least) {
          least = distance
          best = m
        }
        m += 1
      }
      var d = 0
      while (d < 3) {
        sums(best)(d) += spot(d)
        d += 1
      }
      sums(best)(3) += 1
    }
    Iterator(sums)
  }
}

import Twins._

def pairs(n: Long, keys: Long): RDD[(Long, Long)] =
  sc.parallelize(0 until 2, parts).flatMap(part => Keys.range(n, part).map(i => (Keys.key(i, keys), i)))

def sumPairs(pairs: RDD[(Long, Long)]): Double = {
  val (a, b) = pairs.reduce((x, y) => (x._1 + y._1, x._2 + y._2))
  a.toDouble + b.toDouble
}

measure("word count") {
  sumPairs(sc.textFile(folder + "/words.txt", parts).flatMap(_.split(' ')).map(word => (word, 1L))
    .reduceByKey(_ + _).map(word => (1L, word._2)))
}
measure("grep and count") {
  sc.textFile(folder + "/words.txt", parts).filter(_.contains("qu")).count().toDouble
}
measure("sort 100 B lines") {
  sc.textFile(folder + "/lines.txt", parts).map(line => (line.substring(0, 10), line.substring(10)))
    .sortByKey(true, parts).mapPartitions { lines =>
      var n = 0L
      var ordered = true
      var last = ""
      for ((key, _) <- lines) {
        ordered = ordered && last.compareTo(key) <= 0
        last = key
        n += 1
      }
      Iterator(if (ordered) n else 0L)
    }.reduce(_ + _).toDouble
}
measure("reduce_by_key") {
  sumPairs(pairs(count(20e6), count(1e6)).reduceByKey(_ + _).map(pair => (1L, pair._2)))
}
locally {
  val input = pairs(count(10e6), count(0.5e6)).persist()
  input.count()
  measure("group_by_key") {
    input.groupByKey().map { case (_, values) => values.size.toLong * values.size + values.sum }.reduce(_ + _).toDouble
  }
  input.unpersist(true)
}
locally {
  val left = pairs(count(2e6), count(1e6)).persist()
  val right = pairs(count(2e6), count(1e6)).persist()
  left.count() + right.count()
  measure("join") {
    left.join(right).map { case (_, (a, b)) => a ^ b }.reduce(_ + _).toDouble
  }
  left.unpersist(true)
  right.unpersist(true)
}
locally {
  val nodes = count(0.2e6)
  val links = pairs(count(2e6), nodes).groupByKey(parts).persist()
  links.count()
  measure("PageRank") {
    var ranks = links.mapValues(_ => 1.0)
    for (_ <- 0 until iterations) {
      ranks = links.join(ranks).flatMap { case (_, (targets, rank)) =>
        val size = targets.size
        targets.map(target => (Keys.key(target + 1, nodes), rank / size))
      }.reduceByKey(_ + _).mapValues(0.15 + 0.85 * _)
    }
    ranks.values.reduce(_ + _)
  }
  links.unpersist(true)
}
locally {
  val n = count(2e6)
  val spots = sc.parallelize(0 until 2, parts).flatMap(part =>
    Keys.range(n, part).map(i => Array(Keys.unit(3 * i), Keys.unit(3 * i + 1), Keys.unit(3 * i + 2)))).persist()
  spots.count()
  measure("k-means") {
    var means = Array.tabulate(10)(m => Array(Keys.unit(30L * m), Keys.unit(30L * m + 1), Keys.unit(30L * m + 2)))
    for (_ <- 0 until iterations) {
      val now = means
      val sums = spots.mapPartitions(Keys.nearest(_, now)).reduce { (a, b) =>
        a.zip(b).map { case (x, y) => x.zip(y).map { case (u, v) => u + v } }
      }
      means = sums.map(sum => Array.tabulate(3)(d => sum(d) / math.max(1.0, sum(3))))
    }
    means.map(_.sum).sum
  }
  spots.unpersist(true)
}
locally {
  val n = count(20e6)
  val numbers = sc.parallelize(0 until 2, parts).flatMap(part => Keys.range(n, part).map(Keys.key(_, 65536L))).persist()
  numbers.count()
  measure("second pass, cached") {
    numbers.map(value => value * value).reduce(_ + _).toDouble
  }
  numbers.unpersist(true)
}
measure("empty tasks") {
  val many = count(10e3).toInt
  (sc.parallelize(Seq.empty[Long], many).count() + many).toDouble
}
measure("100 jobs of one task") {
  (0 until 100).map(_ => sc.parallelize(Seq(1L), 1).count()).sum.toDouble
}
System.exit(0)
