#pragma once

// Quantiles of the distributions that confidence bounds are made of.

namespace heddle::api {

/// Of the standard normal distribution, to about 1e-12; infinite at 0 and 1.
double normal_quantile(double probability);
/// Of Student's t with so many degrees of freedom, above 0.
double student_quantile(double degrees, double probability);

}  // namespace heddle::api
