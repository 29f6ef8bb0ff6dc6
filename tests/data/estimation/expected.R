# Expected numbers of the estimation, computed by the R package « survey » (Lumley) on sample.csv: Rscript expected.R
suppressMessages(library(survey))
options(survey.lonely.psu = "fail")
one <- read.csv("sample.csv", stringsAsFactors = TRUE)
found <- data.frame()
say <- function(name, ...) {
  values <- c(...)
  for (i in seq_along(values))
    found <<- rbind(found, data.frame(name = name, rank = i, value = sprintf("%.15g", values[i])))
}
estimate <- function(name, x) say(name, coef(x)[1], SE(x)[1])

strata <- svydesign(~1, strata = ~size, weights = ~weight, fpc = ~population, data = one)
estimate("mean", svymean(~posts, strata))
estimate("total", svytotal(~posts, strata))
estimate("ratio", svyratio(~permanent, ~posts, strata))
estimate("domain_mean", svymean(~posts, subset(strata, age > 20)))
estimate("domain_total", svytotal(~posts, subset(strata, age > 20)))
shares <- svymean(~size, strata)
say("shares", coef(shares))
say("df", degf(strata))
for (what in c("network", "rare")) {
  formula <- if (what == "network") ~I(network == "yes") else ~I(rare == 1)
  for (method in c("beta", "mean")) {
    x <- svyciprop(formula, strata, method = method)
    if (method == "beta") say(what, coef(x), sqrt(vcov(svymean(formula, strata))[2, 2]))
    say(paste0(what, "_", method), confint(x))
  }
}
quantiles <- svyquantile(~posts, strata, c(.25, .5, .75))$posts
for (q in rownames(quantiles)) say(paste0("quantile_", q), quantiles[q, 1:3])

simple <- svydesign(~1, weights = ~flat, fpc = ~whole, data = one)
x <- svyciprop(~I(network == "yes"), simple, method = "beta")
say("simple_network_beta", confint(x))
sizes <- data.frame(size = c("large", "medium", "small"), Freq = c(125, 195, 280))
networks <- data.frame(network = c("no", "yes"), Freq = c(230, 370))
estimate("post", svytotal(~posts, postStratify(simple, ~size, sizes)))
raked <- rake(simple, list(~size, ~network), list(sizes, networks), control = list(maxit = 500, epsilon = 1e-12))
estimate("rake", svytotal(~posts, raked))
say("rake_weights", weights(raked))
totals <- c(`(Intercept)` = 600, sizemedium = 195, sizesmall = 280, age = 14500)
for (method in c("linear", "raking")) {
  kept <- calibrate(simple, ~size + age, totals, calfun = method, epsilon = 1e-13, maxit = 500)
  estimate(method, svytotal(~posts, kept))
  say(paste0(method, "_weights"), weights(kept))
}
for (bounded in list(list("logit", "logit"), list("truncated", "linear"))) {
  kept <- calibrate(simple, ~size + age, totals, calfun = bounded[[2]], bounds = c(.7, 1.5), epsilon = 1e-13, maxit = 500)
  say(paste0(bounded[[1]], "_weights"), weights(kept))
  estimate(bounded[[1]], svytotal(~posts, kept))
}
writeLines(c(
  paste0("# R ", getRversion(), ", survey ", packageVersion("survey"), " ; expected.R"),
  "name,rank,value", paste(found$name, found$rank, found$value, sep = ",")
), "expected.csv")
