/* The quiet, accurate functions of _operations/special.py and series.py in C, step by step the same, so that every bit is. */
#ifndef AUTOGRAD_CORE_SPECIAL_H
#define AUTOGRAD_CORE_SPECIAL_H

#include "core.h"

/* What x ** y does in Python; 0 where it raises or is complex. */
int float_power(double x, double y, double *z);

double quotient(double a, double b);
double over_square(double a, double b);
double polar_slope(double x, double y);
double sech2(double x);
double sigmoid(double x);
double softplus(double x);
double silu(double x);
double silu_slope(double x);
double scaled_gaussian(double x, double c, double factor);
double power_slope(double x, double y);
double power_log(double x, double y, double k);
int is_normal(double x);
double times_gaussian(double factor, double x, double c, double z);
double residual(double a, double b, double d);
double gelu(double x);
double gelu_slope(double x);
double gelu_tanh(double x);
double gelu_tanh_slope(double x);
double silu_curve(double x);
double gelu_curve(double x);
double gelu_tanh_curve(double x);
double cube_root_error(double x, double z);

/* 0 near a root, where Python's decimal arithmetic is called for. */
int sinc_derivative(double n, double x, double *z);
int log_sum_exp(const double *xs, Py_ssize_t count, double *z);

/* What both files are made of. */
#define LENGTH(table) ((int)(sizeof(table) / sizeof *(table)))
double polynomial(const double *coefficients, int count, double x);
double product_error(double a, double b, double p);
double gate(double x, double w, double v);
double gate_slope(double x, double w, double v, double rest);

static inline double times(double g, double d) { return g != 0.0 && d != 0.0 ? g * d + 0.0 : 0.0; }

#endif
